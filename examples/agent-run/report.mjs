/**
 * The demo's closing tables.
 */
import Table from "cli-table3";

const style = { head: [], border: [] };

/** @param {number} nanoseconds */
function time(nanoseconds) {
  if (nanoseconds < 1e6) return `${(nanoseconds / 1e3).toFixed(1)} µs`;
  return `${(nanoseconds / 1e6).toFixed(2)} ms`;
}

/** @param {number} bytes */
function size(bytes) {
  return `${(bytes / 1e6).toFixed(2)} MB`;
}

/** @param {import("./progress.mjs").Accepted["latencies"]} latencies */
export function latencyTable(latencies) {
  const table = new Table({ head: ["call", "calls", "p50", "p99", "worst"], style });
  for (const [call, histogram] of Object.entries(latencies)) {
    const { totalCount } = histogram;
    const at = (/** @type {number} */ percentile) => time(histogram.getValueAtPercentile(percentile));
    table.push([call, totalCount, at(50), at(99), time(histogram.maxValue)]);
  }
  return table.toString();
}

/**
 * @param {{ savedBytes: number, bytesOnDisk: number, reopenMs: number, imported: number, importedBytes: number }} figures
 */
export function figureTable(figures) {
  const table = new Table({ style });
  table.push(
    ["bytes saved and appended", size(figures.savedBytes)],
    ["bytes on disk", `${size(figures.bytesOnDisk)} (all 200 versions kept)`],
    ["time to reopen after the kill", `${figures.reopenMs.toFixed(1)} ms`],
    ["imported from today's storage", `${figures.imported} checkpoints, ${size(figures.importedBytes)}`],
  );
  return table.toString();
}
