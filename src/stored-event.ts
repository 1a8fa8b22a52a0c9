/**
 * Events as bytes, and walking over them.
 */
import type { NativeEventBatch, NativeReplay } from "./binding.js";

/** An event. */
export interface StoredEvent {
  /** Its place in its stream, from 1. */
  readonly sequence: number;
  /** The change that appended it, in the store's one order. */
  readonly position: number;
  /** When it was accepted, in milliseconds since the epoch. */
  readonly timestamp: number;
  readonly data: Buffer;
}

/** Batches grow up to this many events; small ones first, since many walks end early. */
const FIRST_BATCH_EVENTS = 64;
const LARGEST_BATCH_EVENTS = 4096;
const BATCH_BYTES = 1 << 20;

/**
 * Events handed out share their batch's memory, which lives as long as any of them: so it is small, as Node's own pool is. A batch grows beyond only by a
 * large event, and then each gets memory of its own.
 */
const SHARED_BYTES = 1 << 16;

/** The batches of a walk; `next` makes one call of the addon. */
export function* iterateBatches(
  next: (maxEvents: number, maxBytes: number) => NativeEventBatch | null,
  maxBytes = BATCH_BYTES,
): Generator<NativeEventBatch, void, undefined> {
  for (let events = FIRST_BATCH_EVENTS; ; events = Math.min(events * 4, LARGEST_BATCH_EVENTS)) {
    const batch = next(events, maxBytes);
    if (batch === null) return;
    yield batch;
  }
}

/** The events of a walk, one after the other; `check` is asked before each whether it may go on. */
export function* iterateEvents(
  replay: NativeReplay,
  call: <T>(call: () => T) => T,
  check: () => void,
): Generator<StoredEvent, void, undefined> {
  const next = (events: number, bytes: number) => call(() => replay.next(events, bytes));
  try {
    for (const batch of iterateBatches(next, SHARED_BYTES)) {
      const { slab, ends, positions, timestamps, firstSequence } = batch;
      const shared = ends.length === 1 || slab.length <= 2 * SHARED_BYTES;
      let start = 0;
      for (let index = 0; index < ends.length; index += 1) {
        check();
        const end = ends[index] ?? 0;
        yield {
          sequence: firstSequence + index,
          position: positions[index] ?? 0,
          timestamp: timestamps[index] ?? 0,
          data: shared ? slab.subarray(start, end) : Buffer.from(slab.subarray(start, end)),
        };
        start = end;
      }
    }
  } finally {
    replay.end();
  }
}
