/** Bytes for tests. */
import { createHash } from "node:crypto";
import { SeededRandom } from "./seeded-random.js";

/** Bytes that do not compress; equal seeds give equal bytes. */
export function noise(seed: number, length: number): Buffer {
  const random = new SeededRandom(seed);
  const bytes = Buffer.allocUnsafe(length);
  let at = 0;
  for (; at + 4 <= length; at += 4) bytes.writeUInt32LE(random.below(2 ** 32), at);
  for (; at < length; at++) bytes[at] = random.below(256);
  return bytes;
}

/** Bytes of a text. */
export function utf8(text: string): Buffer {
  return Buffer.from(text);
}

/** What equal bytes have in common, for comparing many. */
export function digest(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
