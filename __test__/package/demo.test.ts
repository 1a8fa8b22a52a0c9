/** The demo's closing tables: figures that mean something, in columns that line up. */
import { build } from "hdr-histogram-js";
import { describe, expect, it } from "vitest";
import { figureTable, latencyTable } from "../../examples/agent-run/report.mjs";

function histogramOf(nanoseconds: number[]) {
  const histogram = build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: 60e9,
    numberOfSignificantValueDigits: 3,
  });
  for (const value of nanoseconds) histogram.recordValue(value);
  return histogram;
}

const many = Array.from({ length: 200 }, () => 162_132_000);
const latencies = { append: histogramOf(many), save: histogramOf(many), load: histogramOf([5e6, 7e6]) };
const figures = { savedBytes: 1e8, bytesOnDisk: 1e6, reopenMs: 197.7, imported: 100, importedBytes: 6e5 };

function cellsOf(table: string, call: string): string[] {
  const row = table.split("\n").find((line) => line.includes(` ${call} `)) ?? "";
  return row
    .split("│")
    .slice(1, -1)
    .map((cell) => cell.trim());
}

describe("the tables", () => {
  // A 99th percentile that is larger than the largest value: it is the upper end of its bucket.
  it("tell no percentile beyond the worst", () => {
    const [, , p50, p99, worst] = cellsOf(latencyTable(latencies), "append");
    expect([p50, p99]).toEqual([worst, worst]);
  });

  // A median of two calls.
  it("tell no percentile of a few calls", () => {
    expect(cellsOf(latencyTable(latencies), "load")).toEqual(["load", "2", "–", "–", "7.00 ms"]);
  });

  it("are of one width", () => {
    const lines = `${latencyTable(latencies)}\n${figureTable(figures)}`.split("\n");
    expect(new Set(lines.map((line) => line.length)).size).toBe(1);
  });
});
