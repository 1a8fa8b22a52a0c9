/**
 * The runs before the current one: how each began, and which events it had.
 *
 * Constraints:
 * - a stream's runs follow each other: the events from one's beginning to the next one's are its own, and what it took over it took from the run before it, directly or
 *   because that had taken it over too;
 * - what a step back superseded is noted with the run that began then, so that each run costs as much as was cut off, however many there are; an earlier run is put together
 *   from the current one backwards;
 * - a record that is not there was pruned since the table was read.
 */
import type { DropInStore } from "../../drop-in-store.js";
import { decodeRunStart, runStartKey } from "./run-table.js";
import { FIRST_START, type RunStart, type RunTable, runBefore, type Segment } from "./runs.js";

/** See the module's description. */
export class RunHistory {
  readonly #store: DropInStore;
  readonly #stream: string;

  constructor(store: DropInStore, stream: string) {
    this.#store = store;
    this.#stream = stream;
  }

  /** How a run began; `undefined` where that is not known any more. */
  startOf(run: number): RunStart | undefined {
    if (run === 1) return FIRST_START;
    const record = this.#store.native.internal(runStartKey(this.#stream, run));
    return record === null ? undefined : decodeRunStart(record, this.#store.directory);
  }

  /** The run whose own event is at `sequence`; 0 where that was pruned with all that were its own. */
  ownerOf({ number, oldest }: RunTable, sequence: number): number {
    let [low, high] = [oldest - 1, number];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((this.startOf(middle)?.from ?? 0) <= sequence) low = middle;
      else high = middle - 1;
    }
    return low < oldest ? 0 : low;
  }

  /** The segments of `run`, one of those before the current one, and the sequence behind its last event; `undefined` where they are not known any more. */
  segmentsOf({ number, segments }: RunTable, run: number): { segments: Segment[]; end: number } | undefined {
    let end = Number.POSITIVE_INFINITY;
    let found = [...segments];
    for (let later = number; later > run; later -= 1) {
      const start = this.startOf(later);
      if (start === undefined) return undefined;
      found = runBefore(found, start);
      end = start.from;
    }
    return { segments: found, end };
  }

  /** The oldest run that has an event of its own at `sequence` or behind it. */
  oldestWith(table: RunTable, sequence: number): number {
    let oldest = table.oldest;
    while (oldest < table.number && (this.startOf(oldest + 1)?.from ?? 0) <= sequence) oldest += 1;
    return oldest;
  }
}
