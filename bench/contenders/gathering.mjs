/**
 * Shares one commit among all who ask for one in the same turn of the event loop, or while another is under way: what a user
 * writes around a store whose transactions are cheap for many and dear for one.
 */

/** @template T */
export class Gathering {
  #commit;
  /** @type {T[]} */
  #items = [];
  /** @type {Promise<void> | undefined} */
  #next;
  /** @type {Promise<void>} */
  #running = Promise.resolve();

  /** @param {(items: T[]) => void | Promise<void>} commit makes them durable */
  constructor(commit) {
    this.#commit = commit;
  }

  /** Resolves when the item is durable. @param {T} item */
  add(item) {
    this.#items.push(item);
    this.#next ??= this.#commitNext();
    return this.#next;
  }

  async #commitNext() {
    await this.#running;
    await new Promise((resolve) => setImmediate(resolve));
    const items = this.#items;
    const done = this.#next;
    this.#items = [];
    this.#next = undefined;
    if (done) this.#running = done;
    await this.#commit(items);
  }
}
