/**
 * Latencies as a histogram with three significant digits, so that no call is left out and a rare one shows.
 */
import { build } from "hdr-histogram-js";

export class Latencies {
  #histogram = build({
    ...{ lowestDiscernibleValue: 1, highestTrackableValue: 600e9, numberOfSignificantValueDigits: 3 },
    autoResize: true,
  });

  /** @param {number} milliseconds as the difference of two readings of `performance.now()` */
  record(milliseconds) {
    this.#histogram.recordValue(Math.max(1, Math.round(milliseconds * 1e6)));
  }

  /** Times a call. @template T @param {() => T} call @returns {T} */
  time(call) {
    const before = performance.now();
    const result = call();
    this.record(performance.now() - before);
    return result;
  }

  /** Times a call until its promise is resolved. @template T @param {() => T | Promise<T>} call @returns {Promise<T>} */
  async timeLater(call) {
    const before = performance.now();
    const result = await call();
    this.record(performance.now() - before);
    return result;
  }

  /** A bucket is told by its upper end, so never more than the largest value. @returns {import("./figures.mjs").Latency} */
  summary() {
    const { maxValue, mean, totalCount } = this.#histogram;
    const at = (/** @type {number} */ percentile) =>
      Math.min(this.#histogram.getValueAtPercentile(percentile), maxValue);
    return {
      ...{ kind: "latency", count: totalCount, mean: Math.round(mean) },
      ...{ p50: at(50), p99: at(99), p999: at(99.9), max: maxValue },
    };
  }
}
