/**
 * What a workload finds out: figures by name, in forms that survive JSON.
 *
 * Constraint: latencies are in nanoseconds, sizes in bytes, durations in milliseconds.
 */

/**
 * Percentiles of many calls, in nanoseconds.
 *
 * @typedef {{ kind: "latency", count: number, mean: number, p50: number, p99: number, p999: number, max: number }} Latency
 */
/** @typedef {"ms" | "bytes" | "count" | "per second" | "ratio"} Unit */
/** @typedef {{ kind: "amount", unit: Unit, value: number }} Amount */
/** How something grows: the figure at each size. @typedef {{ kind: "series", unit: Unit, points: [size: number, value: number][] }} Series */
/** @typedef {Latency | Amount | Series} Figure */
/** @typedef {Record<string, Figure>} Figures */

/** @param {number} value @returns {Amount} */
export const milliseconds = (value) => ({ kind: "amount", unit: "ms", value });

/** @param {number} value @returns {Amount} */
export const bytes = (value) => ({ kind: "amount", unit: "bytes", value });

/** @param {number} value @returns {Amount} */
export const count = (value) => ({ kind: "amount", unit: "count", value });

/** @param {number} value @returns {Amount} */
export const perSecond = (value) => ({ kind: "amount", unit: "per second", value });

/** @param {number} value @returns {Amount} */
export const ratio = (value) => ({ kind: "amount", unit: "ratio", value });

/** @param {Unit} unit @param {[number, number][]} points @returns {Series} */
export const series = (unit, points) => ({ kind: "series", unit, points });

/** The value of an amount; `NaN` where there is none of that name. @param {Figures} figures @param {string} name */
export function amountOf(figures, name) {
  const figure = figures[name];
  return figure?.kind === "amount" ? figure.value : Number.NaN;
}

/** @param {readonly number[]} values */
export function median(values) {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
