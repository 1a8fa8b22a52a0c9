/**
 * Text, as values and as map keys.
 *
 * Constraint: bytes that are not UTF-8 are refused, never replaced.
 *
 * The runtime decodes a text fastest, but a call into it costs as much as a few dozen characters. So where short texts lie close together, one
 * call makes text of some kilobytes, and the ASCII texts are cut out of that.
 */
import { isUtf8 } from "node:buffer";
import { MAX_CACHED_BYTES, recall, remember } from "./key-cache.js";
import { type Source, WINDOW_BYTES } from "./source.js";
import { decodeSurrogateBytes } from "./surrogate-bytes.js";

/** Reads a text of `size` bytes as a value. */
export function readText(source: Source, size: number): string {
  const start = source.take(size);
  if (source.cuts && size <= WINDOW_BYTES && isAscii(source.bytes, start, size))
    return source.cut(start, size);
  return decodeUtf8(source, start, size);
}

/** Reads a text of `size` bytes as a key. */
export function readKeyText(source: Source, size: number): string {
  if (size > MAX_CACHED_BYTES) return readText(source, size);
  const start = source.take(size);
  const known = recall(source.bytes, start, size);
  if (known !== undefined) return known;
  const text = decodeUtf8(source, start, size);
  remember(source.bytes, start, size, text);
  return text;
}

function isAscii(bytes: Uint8Array, start: number, size: number): boolean {
  let all = 0;
  for (let index = start; index < start + size; index += 1) all |= bytes[index] ?? 0;
  return all < 0x80;
}

/** The runtime puts U+FFFD for what is not UTF-8, so only a text that has one is checked. */
function decodeUtf8(source: Source, start: number, size: number): string {
  const text = source.bytes.toString("utf8", start, start + size);
  if (!text.includes("\ufffd")) return text;
  const bytes = source.bytes.subarray(start, start + size);
  if (isUtf8(bytes)) return text;
  const withSurrogates = source.surrogateBytes ? decodeSurrogateBytes(bytes) : undefined;
  if (withSurrogates === undefined) throw source.malformed("a text is not UTF-8", start);
  return withSurrogates;
}
