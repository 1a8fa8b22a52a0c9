/**
 * The demo's closing tables.
 */
import Table from "cli-table3";

const style = { head: [], border: [] };

/** Both tables are as wide: the columns and the lines between them. */
const LATENCY_WIDTHS = [14, 14, 14, 14, 14];
const FIGURE_WIDTHS = [37, 36];

/** A percentile needs so many values that some of them lie beyond it. */
const CALLS_FOR_PERCENTILE = new Map([
  [50, 10],
  [99, 100],
]);

/** @param {number} nanoseconds */
function time(nanoseconds) {
  if (nanoseconds < 1e6) return `${(nanoseconds / 1e3).toFixed(1)} µs`;
  return `${(nanoseconds / 1e6).toFixed(2)} ms`;
}

/** @param {number} bytes */
function size(bytes) {
  return `${(bytes / 1e6).toFixed(2)} MB`;
}

/**
 * A percentile of a histogram, whose buckets are told by their upper ends: so never more than the largest value.
 *
 * @param {import("hdr-histogram-js").Histogram} histogram
 * @param {number} percentile
 */
function percentileOf(histogram, percentile) {
  if (histogram.totalCount < (CALLS_FOR_PERCENTILE.get(percentile) ?? 0)) return "–";
  return time(Math.min(histogram.getValueAtPercentile(percentile), histogram.maxValue));
}

/** @param {import("./progress.mjs").Accepted["latencies"]} latencies */
export function latencyTable(latencies) {
  const table = new Table({
    head: ["call", "calls", "p50", "p99", "worst"],
    colWidths: LATENCY_WIDTHS,
    style,
  });
  for (const [call, histogram] of Object.entries(latencies)) {
    const percentiles = [percentileOf(histogram, 50), percentileOf(histogram, 99)];
    table.push([call, histogram.totalCount, ...percentiles, time(histogram.maxValue)]);
  }
  return table.toString();
}

/**
 * @param {{ savedBytes: number, bytesOnDisk: number, reopenMs: number, imported: number, importedBytes: number }} figures
 */
export function figureTable(figures) {
  const table = new Table({ colWidths: FIGURE_WIDTHS, style });
  table.push(
    ["bytes saved and appended", size(figures.savedBytes)],
    ["bytes on disk", `${size(figures.bytesOnDisk)} (all 200 versions kept)`],
    ["time to reopen after the kill", `${figures.reopenMs.toFixed(1)} ms`],
    ["imported from MessagePack storage", `${figures.imported} checkpoints, ${size(figures.importedBytes)}`],
  );
  return table.toString();
}
