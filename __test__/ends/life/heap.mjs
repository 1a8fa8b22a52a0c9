/** The end of the JavaScript heap. */
import { setImmediate as turn } from "node:timers/promises";

const NUMBERS_AT_ONCE = 60_000;

/** Fills an array until the heap is exhausted, while everything else of the thread goes on. */
export async function exhaustHeap() {
  /** @type {number[][]} */
  const kept = [];
  for (;;) {
    kept.push(Array.from({ length: NUMBERS_AT_ONCE }, (_, index) => index + kept.length + 0.5));
    await turn();
  }
}
