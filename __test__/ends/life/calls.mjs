/**
 * The calls of one thread: each told before it is made, and what became of it.
 *
 * Constraints: none may fail; of those that resolve later only so many are under way, so that the end meets them at any stage and a life
 * does not only queue.
 */
import { markOf } from "./contents.mjs";
import { tell } from "./report.mjs";

const MOST_UNDER_WAY = 16;

export class Calls {
  /** @type {Set<Promise<void>>} */
  #underWay = new Set();
  /** @type {(() => void) | undefined} */
  #onResolved;
  #number = 0;
  #actor;
  #life;

  /** @param {string} actor @param {number} life */
  constructor(actor, life) {
    this.#actor = actor;
    this.#life = life;
  }

  /** How many were made. */
  get made() {
    return this.#number;
  }

  /**
   * Makes a call that is accepted when it returns.
   *
   * @template T
   * @param {string} what
   * @param {number} handle
   * @param {readonly import("../protocol.js").Effect[]} effects
   * @param {(mark: string) => T} run
   * @returns {T}
   */
  make(what, handle, effects, run) {
    const number = this.#tellCall({ what, handle, effects, sync: true });
    try {
      const value = run(markOf(this.#life, this.#actor, number));
      tell({ tell: "returned", actor: this.#actor, number });
      return value;
    } catch (error) {
      this.#tellFailure(number, error);
      throw error;
    }
  }

  /**
   * Starts a call that is durable when its promise resolves.
   *
   * @param {string} what
   * @param {number} handle
   * @param {readonly import("../protocol.js").Effect[]} effects
   * @param {(mark: string) => Promise<unknown>} run
   * @param {"thread" | "handle"} [covers]
   */
  start(what, handle, effects, run, covers) {
    const number = this.#tellCall({ what, handle, effects, sync: false, ...(covers ? { covers } : {}) });
    const call = run(markOf(this.#life, this.#actor, number))
      .then(
        () => {
          tell({ tell: "resolved", actor: this.#actor, number });
          this.#onResolved?.();
        },
        (error) => this.#tellFailure(number, error),
      )
      .finally(() => this.#underWay.delete(call));
    this.#underWay.add(call);
    return call;
  }

  /** Calls `run` from the callback of the next call that resolves. @param {() => void} run */
  atNextResolved(run) {
    this.#onResolved = run;
  }

  /** Waits while too many are under way. */
  async room() {
    while (this.#underWay.size >= MOST_UNDER_WAY) await Promise.race(this.#underWay);
  }

  /** Waits until none is under way. */
  async settle() {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay);
  }

  /** @param {Pick<import("../protocol.js").Call, "what" | "handle" | "sync" | "effects" | "covers">} call */
  #tellCall(call) {
    this.#number += 1;
    tell({ tell: "call", actor: this.#actor, number: this.#number, ...call });
    return this.#number;
  }

  /** @param {number} number @param {unknown} error */
  #tellFailure(number, error) {
    const text = error instanceof Error ? `${error.stack} ${JSON.stringify(error)}` : String(error);
    tell({ tell: "failed", actor: this.#actor, number, error: text });
  }
}
