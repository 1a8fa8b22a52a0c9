/**
 * Tables for the terminal.
 */
import Table from "cli-table3";
import { amount, time } from "./text.mjs";

/** @typedef {import("../measure/figures.mjs").Figures} Figures */
/** @typedef {import("../runner/run-workload.mjs").WorkloadResult} WorkloadResult */
/** @typedef {import("./targets.mjs").Target} Target */

const style = { head: [], border: [] };

/** All figures of a workload: percentiles, amounts and growth each in a table, and who did not run, and why. @param {WorkloadResult} result */
export function workloadTables(result) {
  const tables = [latencyTable(result), amountTable(result), ...seriesTables(result)];
  return [...tables.filter((table) => table !== ""), ...absences(result)].join("\n");
}

/** @param {WorkloadResult} result @returns {[contender: string, figures: Figures][]} */
function measured({ outcomes }) {
  return Object.entries(outcomes).flatMap(([name, outcome]) =>
    "figures" in outcome ? [[name, outcome.figures]] : [],
  );
}

/** @param {WorkloadResult} result */
function latencyTable(result) {
  const table = new Table({ head: ["contender", "call", "calls", "p50", "p99", "p99.9", "max"], style });
  for (const [contender, figures] of measured(result)) {
    for (const [name, figure] of Object.entries(figures)) {
      if (figure.kind !== "latency") continue;
      const { p50, p99, p999, max } = figure;
      table.push([contender, name, figure.count, ...[p50, p99, p999, max].map(time)]);
    }
  }
  return table.length > 0 ? table.toString() : "";
}

/** @param {WorkloadResult} result */
function amountTable(result) {
  const rows = measured(result);
  const names = namesOf(rows, "amount");
  if (names.length === 0) return "";
  const table = new Table({ head: ["", ...rows.map(([contender]) => contender)], style });
  for (const name of names) {
    const cells = rows.map(([, figures]) => {
      const figure = figures[name];
      return figure?.kind === "amount" ? amount(figure.unit, figure.value) : "";
    });
    table.push([name, ...cells]);
  }
  return table.toString();
}

/** @param {WorkloadResult} result */
function seriesTables(result) {
  const rows = measured(result);
  return namesOf(rows, "series").map((name) => {
    const found = rows.flatMap(([contender, figures]) => {
      const figure = figures[name];
      return figure?.kind === "series" ? [{ contender, ...figure }] : [];
    });
    const sizes = [...new Set(found.flatMap(({ points }) => points.map(([at]) => at)))].sort((a, b) => a - b);
    const table = new Table({ head: [name, ...sizes.map(String)], style });
    for (const { contender, unit, points } of found) {
      const values = new Map(points);
      table.push([
        contender,
        ...sizes.map((at) => (values.has(at) ? amount(unit, values.get(at) ?? 0) : "")),
      ]);
    }
    return table.toString();
  });
}

/** @param {[string, Figures][]} rows @param {"amount" | "series"} kind */
function namesOf(rows, kind) {
  const all = rows.flatMap(([, figures]) =>
    Object.entries(figures).filter(([, figure]) => figure.kind === kind),
  );
  return [...new Set(all.map(([name]) => name))];
}

/** @param {WorkloadResult} result */
function absences({ outcomes }) {
  return Object.entries(outcomes).flatMap(([name, outcome]) => {
    if ("skipped" in outcome) return [`${name}: skipped, ${outcome.skipped}`];
    return "failed" in outcome ? [`${name}: FAILED, ${outcome.failed}`] : [];
  });
}

/** @param {readonly Target[]} targets */
export function targetTable(targets) {
  const table = new Table({ head: ["target", "reached", "wanted", ""], style });
  for (const { what, reached, wanted, holds } of targets) {
    const verdict = holds === undefined ? "not measured" : holds ? "holds" : "does not hold";
    table.push([what, reached, wanted, verdict]);
  }
  return table.toString();
}
