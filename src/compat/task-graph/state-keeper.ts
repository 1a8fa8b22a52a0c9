/**
 * Keeps states of a task graph in the background, so that neither a start nor a look back grows with the log.
 *
 * Constraints: nothing waits for it, and nothing is lost where it fails or does not come to it: the engine holds pruned events until a
 * state stands for them. What fails here is told by the next call that reads or writes.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import type { DropInStore } from "../../drop-in-store.js";
import { fromNative } from "../../native-error.js";
import { isConflict } from "./decided.js";
import type { RunReader } from "./run-reader.js";

/** After so many events a state is worth keeping. Folding as many takes a few milliseconds. */
const EVENTS_BETWEEN = 1024;

/** And after so many times its own size in events, so that states do not outweigh the log. */
const LEAST_SHARE = 1;

/** So many follow each other; a process that has come to its end waits for no more. The next look or append goes on. */
const MOST_AT_ONCE = 64;

/** What an event takes, where none was appended that would tell. */
const TYPICAL_EVENT_BYTES = 256;

/** After so many bytes it is tried again where it failed, and after twice as many each further time. */
const BYTES_AFTER_FAILURE = 1024 * 1024;

/** See the module's description. */
export class StateKeeper {
  readonly #store: DropInStore;
  readonly #stream: string;
  readonly #reader: RunReader;
  #events = 0;
  #bytes = 0;
  /** How many bytes of events are worth a state. */
  #worthBytes = 0;
  #eventBytes = TYPICAL_EVENT_BYTES;
  #keeping: Promise<void> | undefined;
  /** The states that are to be kept, each before a sequence: that of a prune, which lets events go, and another. */
  readonly #wanted: { pruned?: number | undefined; other?: number | undefined } = {};

  constructor(store: DropInStore, stream: string, reader: RunReader) {
    this.#store = store;
    this.#stream = stream;
    this.#reader = reader;
  }

  /** Counts an event that was appended. */
  appended(bytes: number): void {
    this.#events += 1;
    this.#bytes += bytes;
    if (this.#events >= EVENTS_BETWEEN && this.#bytes >= this.#worthBytes) {
      this.#want("other", Number.MAX_SAFE_INTEGER);
    }
  }

  /** Counts events that were read because no state was near; the next look there is to find one. */
  read(events: number, until: number): void {
    if (events >= 2 * EVENTS_BETWEEN) this.#want("other", until);
  }

  /** Keeps the state before the first event that a prune has left, so that those before it can go. */
  pruned(first: number): void {
    this.#want("pruned", first);
  }

  /** What is wanted already is replaced: a later one serves as well. */
  #want(what: "pruned" | "other", until: number): void {
    this.#wanted[what] = until;
    if (what === "other") {
      if (this.#events > 0) this.#eventBytes = this.#bytes / this.#events;
      this.#events = 0;
      this.#bytes = 0;
    }
    this.#keeping ??= this.#keepAll();
  }

  async #keepAll(): Promise<void> {
    await nextTurn();
    try {
      while (this.#wanted.pruned !== undefined || this.#wanted.other !== undefined) {
        const { pruned, other } = this.#wanted;
        if (pruned !== undefined) {
          this.#wanted.pruned = undefined;
          await this.#keep(pruned);
        } else if (other !== undefined) {
          this.#wanted.other = undefined;
          await this.#keepUpTo(other);
        }
      }
    } catch {
      // See the constraints above. What cannot be kept now is not tried again and again.
      this.#worthBytes = Math.max(2 * this.#worthBytes, BYTES_AFTER_FAILURE);
    } finally {
      this.#keeping = undefined;
    }
  }

  /** Keeps the states on the way from the newest one before `until`, so that none is far from any moment, however many events came at once. A prune's goes before them. */
  async #keepUpTo(until: number): Promise<void> {
    let isThere = false;
    for (let from = 0, count = 0; !isThere && count < MOST_AT_ONCE; count += 1) {
      if (this.#wanted.pruned !== undefined) {
        this.#wanted.other ??= until;
        return;
      }
      const view = this.#reader.view();
      const end = Math.min(until, view.end);
      const run = this.#reader.nativeRun(view, view.segments);
      from = Math.max(from, view.first, this.#store.native.keptGraph(this.#stream, run, end) + 1);
      const step = Math.max(EVENTS_BETWEEN, Math.ceil(this.#worthBytes / this.#eventBytes));
      isThere = end - from < 2 * step;
      from = isThere ? end : from + step;
      await this.#keep(from);
    }
  }

  /** Keeps the state before `until`; where the run has changed since it was looked at, another time. */
  async #keep(until: number): Promise<void> {
    for (let isStale = true; isStale; ) {
      try {
        const view = this.#reader.view();
        const run = this.#reader.nativeRun(view, view.segments);
        const stateBytes = await this.#store.native.keepGraph(this.#stream, run, until);
        if (stateBytes > 0) this.#worthBytes = LEAST_SHARE * stateBytes;
        isStale = false;
      } catch (thrown) {
        isStale = isConflict(fromNative(thrown));
        if (!isStale) throw thrown;
      }
    }
  }
}
