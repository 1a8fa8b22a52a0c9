/**
 * Calls that take several steps of the engine.
 *
 * Constraints: a `flush` or `close` made after such a call covers all of its steps, as it does with every other call; once `close` was called, nothing new begins.
 */
import { closedError } from "../../errors.js";

/** See the module's description. */
export class StepwiseCalls {
  readonly #directory: string;
  readonly #running = new Set<Promise<unknown>>();
  #state: "open" | "closed" = "open";

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** @throws {@link StorageError} `ERR_STORAGE_CLOSED` once {@link StepwiseCalls.close} was called */
  check(): void {
    if (this.#state === "closed") throw closedError(this.#directory);
  }

  /** Makes a call of several steps. */
  async run<T>(call: () => Promise<T>): Promise<T> {
    this.check();
    const running = call();
    this.#running.add(running);
    try {
      return await running;
    } finally {
      this.#running.delete(running);
    }
  }

  /** Resolves when the calls that were made before have ended, however they did. */
  async ended(): Promise<void> {
    if (this.#running.size > 0) await Promise.allSettled(this.#running);
  }

  /** The same, and lets no other begin. */
  async close(): Promise<void> {
    this.#state = "closed";
    await this.ended();
  }
}
