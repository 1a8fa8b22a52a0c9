/**
 * Numbers.
 *
 * Integers within 32 bits take their shortest form, larger safe ones a 64-bit form, everything else
 * (fractions, NaN, the infinities, integers beyond the safe range) a float of 64 bits. Minus zero is
 * written as zero.
 */
import type { Sink } from "./sink.js";
import { writeByteAndU16, writeByteAndU32 } from "./write-header.js";

/** The most bytes a number takes. */
const MAX_NUMBER_BYTES = 9;

/** Writes one number. */
export function writeNumber(sink: Sink, value: number): void {
  sink.reserve(MAX_NUMBER_BYTES);
  if (value >>> 0 === value) writeUnsigned(sink, value);
  else if ((value | 0) === value) writeNegative(sink, value);
  else if (Number.isSafeInteger(value)) writeInteger64(sink, value);
  else writeFloat64(sink, value);
}

function writeUnsigned(sink: Sink, value: number): void {
  if (value < 0x80) sink.bytes[sink.at++] = value;
  else if (value < 0x100) {
    sink.bytes[sink.at++] = 0xcc;
    sink.bytes[sink.at++] = value;
  } else if (value < 0x1_0000) writeByteAndU16(sink, 0xcd, value);
  else writeByteAndU32(sink, 0xce, value);
}

function writeNegative(sink: Sink, value: number): void {
  if (value >= -0x20) sink.bytes[sink.at++] = value & 0xff;
  else if (value >= -0x80) {
    sink.bytes[sink.at++] = 0xd0;
    sink.bytes[sink.at++] = value & 0xff;
  } else if (value >= -0x8000) writeByteAndU16(sink, 0xd1, value & 0xffff);
  else writeByteAndU32(sink, 0xd2, value);
}

function writeInteger64(sink: Sink, value: number): void {
  sink.bytes[sink.at] = value < 0 ? 0xd3 : 0xcf;
  sink.at += 1;
  writeInteger64Bits(sink, value);
}

/** Writes the eight bytes of a safe integer in two's complement, without a type byte. */
export function writeInteger64Bits(sink: Sink, value: number): void {
  sink.view.setInt32(sink.at, Math.floor(value / 0x1_0000_0000));
  sink.view.setUint32(sink.at + 4, value >>> 0);
  sink.at += 8;
}

function writeFloat64(sink: Sink, value: number): void {
  sink.bytes[sink.at] = 0xcb;
  sink.view.setFloat64(sink.at + 1, value);
  sink.at += 9;
}
