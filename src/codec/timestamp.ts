/**
 * `Date` as MessagePack's timestamp extension, in the shortest of its three forms.
 *
 * | bytes | layout | range |
 * | --- | --- | --- |
 * | 4 | seconds, unsigned | whole seconds from 1970 to 2106 |
 * | 8 | nanoseconds in 30 bits, seconds in 34 | from 1970 to 2514 |
 * | 12 | nanoseconds in 32 bits, seconds in 64, signed | everything else |
 *
 * An invalid `Date` is written as the earliest second the last form can hold. It lies beyond the range of
 * a `Date`, so every JavaScript decoder of the extension makes an invalid `Date` of it again.
 */
import { TIMESTAMP } from "./extensions.js";
import type { Sink } from "./sink.js";
import { MAX_HEADER_BYTES } from "./sink.js";
import { writeExtensionHeader } from "./write-header.js";
import { writeInteger64Bits } from "./write-number.js";

const MAX_TIMESTAMP_BYTES = 12;
const SECONDS_IN_34_BITS = 0x4_0000_0000;
const SECONDS_IN_32_BITS = 0x1_0000_0000;
const INVALID_SECONDS = -(2 ** 63);

/** Writes one `Date`. */
export function writeDate(sink: Sink, date: Date): void {
  sink.reserve(MAX_HEADER_BYTES + MAX_TIMESTAMP_BYTES);
  const time = Date.prototype.getTime.call(date);
  const seconds = Number.isNaN(time) ? INVALID_SECONDS : Math.floor(time / 1000);
  const nanoseconds = Number.isNaN(time) ? 0 : (time - seconds * 1000) * 1_000_000;
  if (seconds < 0 || seconds >= SECONDS_IN_34_BITS) {
    writeExtensionHeader(sink, 12, TIMESTAMP);
    sink.view.setUint32(sink.at, nanoseconds);
    sink.at += 4;
    writeInteger64Bits(sink, seconds);
  } else if (nanoseconds !== 0 || seconds >= SECONDS_IN_32_BITS) {
    writeExtensionHeader(sink, 8, TIMESTAMP);
    const highSeconds = Math.floor(seconds / SECONDS_IN_32_BITS);
    sink.view.setUint32(sink.at, nanoseconds * 4 + highSeconds);
    sink.view.setUint32(sink.at + 4, seconds);
    sink.at += 8;
  } else {
    writeExtensionHeader(sink, 4, TIMESTAMP);
    sink.view.setUint32(sink.at, seconds);
    sink.at += 4;
  }
}

/** The `Date` in the extension data of `size` bytes at `at`; `undefined` where the size is none of the three. */
export function readDate(view: DataView, at: number, size: number): Date | undefined {
  switch (size) {
    case 4:
      return new Date(view.getUint32(at) * 1000);
    case 8: {
      const packed = view.getUint32(at);
      const seconds = (packed & 3) * SECONDS_IN_32_BITS + view.getUint32(at + 4);
      return new Date(seconds * 1000 + (packed >>> 2) / 1_000_000);
    }
    case 12: {
      const seconds = view.getInt32(at + 4) * SECONDS_IN_32_BITS + view.getUint32(at + 8);
      return new Date(seconds * 1000 + view.getUint32(at) / 1_000_000);
    }
    default:
      return undefined;
  }
}
