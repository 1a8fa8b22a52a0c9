/** The handles of one thread: several of each class, on one store. */
import { join } from "node:path";

import { NativeCheckpointStorage, NativeTaskGraphEventLog, StorageEngine } from "agent-storage-engine";

/**
 * A handle and its number, by which its calls are told.
 *
 * @template T
 * @typedef {{ readonly handle: number, readonly store: T }} Held
 */

/** The one limit for all, so that the parent knows which versions are kept. */
export const HISTORY_LIMIT = 8;

/**
 * @param {string} rootDir
 * @param {import("./random.mjs").Random} random
 */
export function randomOptions(rootDir, random) {
  return {
    rootDir,
    historyLimit: HISTORY_LIMIT,
    syncIntervalMs: random.pick([1, 50, 3_600_000]),
    maxDeltaChain: random.pick([0, 2, 8]),
    idleReleaseMs: random.pick([0, 5, 250]),
  };
}

export class Handles {
  /** @type {Held<StorageEngine>[]} */
  engines = [];
  /** @type {Held<NativeCheckpointStorage>[]} */
  storages = [];
  /** @type {Held<NativeTaskGraphEventLog>[]} */
  logs = [];
  #next = 1;
  #options;
  #stream;

  /** @param {ReturnType<typeof randomOptions>} options @param {string} stream that of the logs */
  constructor(options, stream) {
    this.#options = options;
    this.#stream = stream;
  }

  /** Opens an engine; every second one on another thread. */
  async openEngine() {
    const { rootDir, idleReleaseMs: _ofDropIns, ...options } = this.#options;
    const path = join(rootDir, "engine");
    const handle = this.#next++;
    const store =
      handle % 2 === 0 ? StorageEngine.openSync(path, options) : await StorageEngine.open(path, options);
    this.engines.push({ handle, store });
    return store;
  }

  openStorage() {
    this.storages.push({ handle: this.#next++, store: new NativeCheckpointStorage(this.#options) });
  }

  openLog() {
    const store = new NativeTaskGraphEventLog({ ...this.#options, stream: this.#stream });
    this.logs.push({ handle: this.#next++, store });
  }

  /** Makes up to two of each class where there is none. @param {import("./random.mjs").Random} random */
  async open(random) {
    if (this.engines.length > 0 && random.once(2)) await this.openEngine();
    for (let count = this.storages.length; count < 1 + random.below(2); count++) this.openStorage();
    for (let count = this.logs.length; count < 1 + random.below(2); count++) this.openLog();
  }

  /**
   * Takes a handle away, which the caller closes, and gives a function that opens another one in its place.
   *
   * @param {import("./random.mjs").Random} random
   */
  takeOne(random) {
    const kinds = [
      { held: this.engines, open: () => this.openEngine() },
      { held: this.storages, open: () => this.openStorage() },
      { held: this.logs, open: () => this.openLog() },
    ].filter(({ held }) => held.length > 0);
    const { held, open } = random.pick(kinds);
    const [taken] = held.splice(random.below(held.length), 1);
    return taken === undefined ? undefined : { ...taken, open };
  }

  /** Takes all away. */
  takeAll() {
    const all = [...this.engines, ...this.storages, ...this.logs];
    this.engines = [];
    this.storages = [];
    this.logs = [];
    return all;
  }
}
