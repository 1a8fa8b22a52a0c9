/** One thread at work on a store: random operations on keys that are its own, through several handles. */
import { setImmediate as turn } from "node:timers/promises";

import { ACTIONS } from "./actions.mjs";
import { Calls } from "./calls.mjs";
import { Handles, randomOptions } from "./handles.mjs";
import { Random } from "./random.mjs";
import { fault } from "./report.mjs";

const ALL_WEIGHTS = ACTIONS.reduce((sum, { weight }) => sum + weight, 0);

export class Actor {
  name;
  rootDir;
  random;
  options;
  calls;
  handles;
  /** The `sequenceId`s of the current run of its log. @type {number[]} */
  run = [];
  /**
   * The drop-in's removal of old checkpoints: while it is under way nothing else happens to those, nor is its storage closed, since it is a list and then a batch.
   *
   * @type {Promise<void> | undefined}
   */
  pruned;
  #stopped = false;

  /** @param {string} name @param {import("../protocol.js").Plan} plan */
  constructor(name, plan) {
    this.name = name;
    this.rootDir = plan.rootDir;
    this.random = new Random(plan.seed * 31 + name.charCodeAt(0));
    this.options = randomOptions(plan.rootDir, this.random);
    this.calls = new Calls(name, plan.life);
    this.handles = new Handles(this.options, this.key("log"));
  }

  /** A stream or id of its own. @param {string} kind @param {number} [count] of how many */
  key(kind, count = 1) {
    return `${kind}/${this.name}/${this.random.below(count)}`;
  }

  /** Opens what is not open yet, and learns where its log is. */
  async open() {
    await this.handles.open(this.random);
    const [log] = this.handles.logs;
    this.run = log?.store.replay(0).map(({ sequenceId }) => sequenceId) ?? [];
    const batches = `batch/${this.name}/0`;
    const [engine] = this.handles.engines;
    if (engine)
      this.calls.make("drop", engine.handle, [{ do: "drop", key: batches }], () =>
        engine.store.deleteStream(batches),
      );
  }

  /** Makes `operations` calls, or goes on until it is stopped. @param {number} operations */
  async work(operations) {
    const end = this.calls.made + operations;
    this.#stopped = false;
    try {
      while (this.calls.made < end && !this.#stopped) {
        await this.#choose().run(this);
        if (this.random.once(3)) await turn();
        await this.calls.room();
      }
    } catch (error) {
      fault(`${this.name}: ${error instanceof Error ? error.stack : error}`);
    }
  }

  stop() {
    this.#stopped = true;
  }

  /** Begins to close every handle, whatever is under way but a prune of checkpoints. */
  async closeAll() {
    await this.pruned;
    return this.handles
      .takeAll()
      .map(({ handle, store }) => this.calls.start("close", handle, [], () => store.close(), "handle"));
  }

  #choose() {
    const usable = ACTIONS.filter(({ needs }) => this.handles[needs].length > 0);
    let weight = this.random.below(ALL_WEIGHTS);
    for (;;) {
      for (const action of usable) {
        weight -= action.weight;
        if (weight < 0) return action;
      }
    }
  }
}
