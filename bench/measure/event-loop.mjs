/**
 * How long calls keep the event loop from everything else.
 *
 * Constraint: counted is what happens on the loop's thread while a call is under way: its synchronous part, its callbacks and the garbage
 * collection that falls into it. Only the time in which the loop waits for the operating system is free. The interval between two samples of
 * libuv's own monitor is 1 ms, so its delays have that granularity.
 */
import { monitorEventLoopDelay, performance } from "node:perf_hooks";
import { Latencies } from "./latencies.mjs";

export class EventLoopWatch {
  #delay = monitorEventLoopDelay({ resolution: 1 });
  #blocked = new Latencies();

  constructor() {
    this.#delay.enable();
  }

  /** Times what an asynchronous call takes of the loop. @template T @param {() => Promise<T>} call */
  async during(call) {
    const before = performance.eventLoopUtilization();
    const result = await call();
    this.#blocked.record(performance.eventLoopUtilization(before).active);
    return result;
  }

  /** Ends watching. */
  figures() {
    this.#delay.disable();
    const longest = /** @type {const} */ ({ kind: "amount", unit: "ms", value: this.#delay.max / 1e6 });
    return { "loop blocked": this.#blocked.summary(), "longest loop delay": longest };
  }
}
