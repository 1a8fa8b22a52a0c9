/**
 * Finds figures in the results of a run.
 *
 * Constraint: what is not there is `NaN`, which every sum and ratio with it becomes too, so that a target that lacks one figure is told from one
 * that is missed.
 */

/** @typedef {import("../runner/run-workload.mjs").WorkloadResult} WorkloadResult */

export class Lookup {
  #results;

  /** @param {readonly WorkloadResult[]} results */
  constructor(results) {
    this.#results = new Map(results.map((result) => [result.name, result]));
  }

  /** @param {string} workload @param {string} contender @param {string} figure @param {"p50" | "p99" | "p999" | "max"} percentile in nanoseconds */
  latency(workload, contender, figure, percentile) {
    const found = this.#figure(workload, contender, figure);
    return found?.kind === "latency" ? found[percentile] : Number.NaN;
  }

  /** @param {string} workload @param {string} contender @param {string} figure */
  amount(workload, contender, figure) {
    const found = this.#figure(workload, contender, figure);
    return found?.kind === "amount" ? found.value : Number.NaN;
  }

  /** The time that calls took altogether, in nanoseconds. @param {string} workload @param {string} contender @param {string} figure */
  total(workload, contender, figure) {
    const found = this.#figure(workload, contender, figure);
    return found?.kind === "latency" ? found.mean * found.count : Number.NaN;
  }

  /** The least of an amount among the peers that were measured. @param {string} workload @param {string} ours @param {string} figure */
  leastOfOthers(workload, ours, figure) {
    const others = Object.keys(this.#results.get(workload)?.outcomes ?? {}).filter((name) => name !== ours);
    const values = others
      .map((name) => this.amount(workload, name, figure))
      .filter((value) => !Number.isNaN(value));
    return values.length > 0 ? Math.min(...values) : Number.NaN;
  }

  /** @param {string} workload @param {string} contender @param {string} figure */
  #figure(workload, contender, figure) {
    const outcome = this.#results.get(workload)?.outcomes[contender];
    return outcome && "figures" in outcome ? outcome.figures[figure] : undefined;
  }
}
