/**
 * The headers of everything that carries a length: text, bytes, lists, maps, extensions.
 *
 * Constraint: the caller has reserved {@link MAX_HEADER_BYTES}. Each header takes its shortest form.
 */
import type { Sink } from "./sink.js";

/** Writes the header of a list of `count` items. */
export function writeListHeader(sink: Sink, count: number): void {
  if (count < 16) sink.bytes[sink.at++] = 0x90 | count;
  else if (count < 0x1_0000) writeByteAndU16(sink, 0xdc, count);
  else writeByteAndU32(sink, 0xdd, count);
}

/** Writes the header of a map of `count` properties, of which there are at least 16. */
export function writeMapHeader(sink: Sink, count: number): void {
  if (count < 0x1_0000) writeByteAndU16(sink, 0xde, count);
  else writeByteAndU32(sink, 0xdf, count);
}

/** Writes the header of `size` bytes of binary data. */
export function writeBinaryHeader(sink: Sink, size: number): void {
  writeSized(sink, size, 0xc4);
}

/** Writes the header of an extension of `size` bytes and a type of −128 to 127. */
export function writeExtensionHeader(sink: Sink, size: number, type: number): void {
  const fixed = FIXED_EXTENSIONS.indexOf(size);
  if (fixed >= 0) sink.bytes[sink.at++] = 0xd4 + fixed;
  else writeSized(sink, size, 0xc7);
  sink.bytes[sink.at++] = type & 0xff;
}

/** Sizes of extensions that have a type byte of their own, from 0xd4 on. */
const FIXED_EXTENSIONS = [1, 2, 4, 8, 16];

/** The forms with 8, 16 and 32 bits of length have type bytes in a row, from `first`. */
function writeSized(sink: Sink, size: number, first: number): void {
  if (size < 0x100) {
    sink.bytes[sink.at++] = first;
    sink.bytes[sink.at++] = size;
  } else if (size < 0x1_0000) writeByteAndU16(sink, first + 1, size);
  else writeByteAndU32(sink, first + 2, size);
}

/** Writes a type byte and a 16-bit number. */
export function writeByteAndU16(sink: Sink, byte: number, value: number): void {
  const { bytes, at } = sink;
  bytes[at] = byte;
  bytes[at + 1] = value >>> 8;
  bytes[at + 2] = value & 0xff;
  sink.at = at + 3;
}

/** Writes a type byte and a 32-bit number. */
export function writeByteAndU32(sink: Sink, byte: number, value: number): void {
  const { bytes, at } = sink;
  bytes[at] = byte;
  bytes[at + 1] = value >>> 24;
  bytes[at + 2] = (value >>> 16) & 0xff;
  bytes[at + 3] = (value >>> 8) & 0xff;
  bytes[at + 4] = value & 0xff;
  sink.at = at + 5;
}
