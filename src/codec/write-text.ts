/// <reference lib="es2024.string" />
/**
 * Text, as values and as map keys.
 *
 * Well-formed text is written as UTF-8. A text with a lone surrogate has no UTF-8; it is written as
 * extension type {@link ILL_FORMED_TEXT}, whose data are its UTF-16 code units, little-endian.
 *
 * Short ASCII is written character by character, which costs less than a call into the runtime. All else
 * is written by the runtime behind a header of the guessed size, and moved where the guess was wrong.
 */
import { ILL_FORMED_TEXT } from "./extensions.js";
import type { Sink } from "./sink.js";
import { writeByteAndU16, writeByteAndU32, writeExtensionHeader } from "./write-header.js";

/** Up to this length writing in a loop is faster. */
const SHORT_UNITS = 20;

/** Up to this length three bytes a unit are reserved; beyond it the exact size is counted first. */
const UNCOUNTED_UNITS = 8 * 1024;

/** Writes one text. */
export function writeText(sink: Sink, text: string): void {
  if (text.length <= SHORT_UNITS && writeShortAscii(sink, text)) return;
  writeAnyText(sink, text);
}

function writeShortAscii(sink: Sink, text: string): boolean {
  const units = text.length;
  sink.reserve(units + 1);
  const { bytes, at } = sink;
  for (let index = 0; index < units; index += 1) {
    const unit = text.charCodeAt(index);
    if (unit >= 0x80) return false;
    bytes[at + 1 + index] = unit;
  }
  bytes[at] = 0xa0 | units;
  sink.at = at + 1 + units;
  return true;
}

function writeAnyText(sink: Sink, text: string): void {
  const units = text.length;
  if (units <= UNCOUNTED_UNITS) sink.reserve(units * 3 + 5);
  else reserveCounted(sink, text);
  const { bytes, at } = sink;
  const guess = headerBytes(units);
  const size = bytes.write(text, at + guess);
  if (size !== units && mayHoldReplacement(bytes, at + guess, size) && !text.isWellFormed()) {
    writeIllFormed(sink, text);
    return;
  }
  const actual = headerBytes(size);
  if (actual !== guess) bytes.copyWithin(at + actual, at + guess, at + guess + size);
  writeTextHeader(sink, size);
  sink.at += size;
}

function reserveCounted(sink: Sink, text: string): void {
  const utf8Bytes = Buffer.byteLength(text);
  sink.reserveData(Math.min(utf8Bytes, text.length * 2), utf8Bytes);
}

/**
 * The runtime writes U+FFFD, which begins with 0xef, for a lone surrogate. Looking for that byte costs next
 * to nothing, and without one the text need not be looked through.
 */
function mayHoldReplacement(bytes: Buffer, start: number, size: number): boolean {
  return bytes.subarray(start, start + size).includes(0xef);
}

function writeIllFormed(sink: Sink, text: string): void {
  const size = text.length * 2;
  sink.reserveData(size);
  writeExtensionHeader(sink, size, ILL_FORMED_TEXT);
  sink.at += sink.bytes.write(text, sink.at, "utf16le");
}

function headerBytes(size: number): number {
  if (size < 32) return 1;
  if (size < 0x100) return 2;
  return size < 0x1_0000 ? 3 : 5;
}

function writeTextHeader(sink: Sink, size: number): void {
  if (size < 32) sink.bytes[sink.at++] = 0xa0 | size;
  else if (size < 0x100) {
    sink.bytes[sink.at++] = 0xd9;
    sink.bytes[sink.at++] = size;
  } else if (size < 0x1_0000) writeByteAndU16(sink, 0xda, size);
  else writeByteAndU32(sink, 0xdb, size);
}
