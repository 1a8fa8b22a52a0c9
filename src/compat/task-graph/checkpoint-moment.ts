/**
 * Where a stream was when a checkpoint was saved.
 *
 * Constraint: events and checkpoints share the store's one order, in which a stream's events ascend; a save takes its place there only at its commit, so that it is the place of its call
 * that counts.
 */
import type { DropInStore } from "../../drop-in-store.js";

/** The place in the order at which the save of a version was called, of the newest one unless another is named; `undefined` where there is none. */
export function calledAfter(store: DropInStore, id: string, version?: number): number | undefined {
  const versions = store.native.historySync(id);
  const found = version === undefined ? versions.at(-1) : versions.find((info) => info.version === version);
  return found?.calledAfter;
}

/** The sequence behind the last event of `stream` that is not after `position`, at least `first`, the oldest event's, and at most `end`. */
export function sequenceAfter(
  store: DropInStore,
  stream: string,
  position: number,
  [first, end]: readonly [number, number],
): number {
  let [low, high] = [first, end];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    // The next one that there is: others may be pruned meanwhile, or lost.
    const event = store.native.replay(middle, stream, 1).next(1, 1);
    const isBefore = event !== null && event.firstSequence < high && (event.positions[0] ?? 0) <= position;
    if (isBefore) low = event.firstSequence + 1;
    else high = middle;
  }
  return low;
}
