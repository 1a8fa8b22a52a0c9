/**
 * Keeps states of a task graph in the background, so that neither a start nor a look back grows with the log.
 *
 * Constraints: nothing waits for it, and nothing is lost where it fails or does not come to it: the engine holds pruned events until a
 * state stands for them. What fails here is told by the next call that reads or writes.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import type { DropInStore } from "../drop-in-store.js";
import type { RunReader } from "./run-reader.js";
import { pairsOf } from "./runs.js";

/** After so many events a state is worth keeping. Folding as many takes a few milliseconds. */
const EVENTS_BETWEEN = 4096;

/** And after so many times its own size in events, so that large states do not outweigh the log. */
const LEAST_SHARE = 2;

/** See the module's description. */
export class StateKeeper {
  readonly #store: DropInStore;
  readonly #stream: string;
  readonly #reader: RunReader;
  #events = 0;
  #bytes = 0;
  #stateBytes = 0;
  #keeping: Promise<void> | undefined;
  /** What is to be kept next: the state before this sequence. */
  #wanted: number | undefined;

  constructor(store: DropInStore, stream: string, reader: RunReader) {
    this.#store = store;
    this.#stream = stream;
    this.#reader = reader;
  }

  /** Counts an event that was appended. */
  appended(bytes: number): void {
    this.#events += 1;
    this.#bytes += bytes;
    if (this.#events >= EVENTS_BETWEEN && this.#bytes >= LEAST_SHARE * this.#stateBytes) {
      this.keepBefore(Number.POSITIVE_INFINITY);
    }
  }

  /** Counts events that were read because no state was near. */
  read(events: number, until: number): void {
    if (events >= 2 * EVENTS_BETWEEN) this.keepBefore(until);
  }

  /** Keeps the state after the last event before `sequence`, soon. One that is asked for meanwhile comes next; of several the last. */
  keepBefore(sequence: number): void {
    this.#events = 0;
    this.#bytes = 0;
    this.#wanted = sequence;
    this.#keeping ??= this.#keep();
  }

  async #keep(): Promise<void> {
    await nextTurn();
    try {
      while (this.#wanted !== undefined) {
        const until = this.#wanted;
        this.#wanted = undefined;
        const { table, last } = this.#reader.view();
        const run = pairsOf(table, last + 1);
        const kept = await this.#store.native.keepGraph(this.#stream, run, Math.min(until, last + 1));
        if (kept !== null && kept.bytes > 0) this.#stateBytes = kept.bytes;
      }
    } catch {
      // See the constraints above.
      this.#wanted = undefined;
    } finally {
      this.#keeping = undefined;
    }
  }
}
