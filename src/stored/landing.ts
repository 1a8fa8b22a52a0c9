/**
 * Where the bytes of a loaded record lie while they are decoded.
 *
 * Constraint: nothing that was decoded refers to them, since the next record overwrites them.
 *
 * A `Buffer` for each load would cost more than decoding it: a fresh one of a megabyte is hundreds of pages that the operating system
 * hands out one by one, and garbage that makes V8 collect.
 */
import type { NativeRecord } from "../binding.js";

/** A record's bytes, and the texts that left them. */
export interface TakenRecord {
  readonly bytes: Buffer;
  readonly texts: string[];
}

/** A larger record gets a buffer of its own, so that one large checkpoint does not hold memory for good. */
const KEPT_BYTES = 8 * 1024 * 1024;

/** What a landing begins with. */
const INITIAL_BYTES = 64 * 1024;

let kept = Buffer.allocUnsafeSlow(0);

/** The bytes of `record`, which can be taken once, and the texts that left them: good until the next record is taken. */
export function takeRecord(record: NativeRecord): TakenRecord {
  const { length } = record;
  const room = length <= kept.length ? kept : roomFor(length);
  const texts = record.take(room);
  return { bytes: room.subarray(0, length), texts };
}

function roomFor(length: number): Buffer {
  if (length > KEPT_BYTES) return Buffer.allocUnsafeSlow(length);
  const doubled = Math.max(kept.length * 2, INITIAL_BYTES);
  kept = Buffer.allocUnsafeSlow(Math.min(Math.max(doubled, length), KEPT_BYTES));
  return kept;
}
