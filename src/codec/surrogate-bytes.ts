/**
 * Text in which lone surrogates stand as if they were characters, in three bytes each.
 *
 * Today's storage writes texts of up to 50 units so, and reads them back unchanged. It is no valid UTF-8, is
 * only met in what that storage left behind, and is never written.
 */
import { isUtf8 } from "node:buffer";

/** The text in `bytes`; `undefined` where they are not UTF-8 apart from surrogates. */
export function decodeSurrogateBytes(bytes: Buffer): string | undefined {
  let text = "";
  let start = 0;
  for (let at = bytes.indexOf(0xed); at >= 0; at = bytes.indexOf(0xed, at + 1)) {
    const unit = surrogateAt(bytes, at);
    if (unit === undefined) continue;
    const before = bytes.subarray(start, at);
    if (!isUtf8(before)) return undefined;
    text += before.toString() + String.fromCharCode(unit);
    start = at + 3;
  }
  const rest = bytes.subarray(start);
  return isUtf8(rest) ? text + rest.toString() : undefined;
}

/** The surrogate that the three bytes from `at` stand for, where they do. */
function surrogateAt(bytes: Uint8Array, at: number): number | undefined {
  const second = bytes[at + 1] ?? 0;
  const third = bytes[at + 2] ?? 0;
  const isSurrogate = second >= 0xa0 && second <= 0xbf && (third & 0xc0) === 0x80;
  return isSurrogate ? 0xd000 | ((second & 0x3f) << 6) | (third & 0x3f) : undefined;
}
