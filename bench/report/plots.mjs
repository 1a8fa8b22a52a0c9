/**
 * The plots of a workload: percentiles on a logarithmic axis, amounts as bars, growth as curves.
 */
import { OURS } from "../contenders/index.mjs";
import { bar, decades, dot, line, logarithmic, rule, svg, text } from "./svg.mjs";
import { amount, time } from "./text.mjs";

/** @typedef {import("../measure/figures.mjs").Figure} Figure */
/** @typedef {import("../runner/run-workload.mjs").WorkloadResult} WorkloadResult */

const WIDTH = 900;
const LEFT = 150;
const RIGHT = WIDTH - 120;
const ROW = 26;
const PERCENTILES = /** @type {const} */ (["p50", "p99", "p999", "max"]);
const SHADES = ["#2563eb", "#f97316", "#16a34a", "#a855f7", "#dc2626", "#0891b2", "#ca8a04"];

/** @template {Figure["kind"]} K @typedef {{ contender: string, figure: Extract<Figure, { kind: K }> }} Row */

/** @param {WorkloadResult} result @returns {string[]} */
export function plotsOf(result) {
  /** @type {<K extends Figure["kind"]>(kind: K, plot: (name: string, rows: Row<K>[]) => string) => string[]} */
  const each = (kind, plot) => namesOf(result, kind).map((name) => plot(name, rowsOf(result, kind, name)));
  return [...each("latency", percentilePlot), ...each("amount", barPlot), ...each("series", curvePlot)];
}

/** @param {string} contender */
const colorOf = (contender) => (contender === OURS ? "var(--ours)" : "var(--other)");

/** @param {string} name @param {Row<"latency">[]} rows */
function percentilePlot(name, rows) {
  const ticks = decades(rows.flatMap(({ figure }) => [figure.p50, figure.max]));
  const x = logarithmic(ticks[0] ?? 1, ticks.at(-1) ?? 10, LEFT, RIGHT);
  const bottom = ROW * (rows.length + 1);
  const grid = ticks.flatMap((at) => [
    rule(x(at), ROW, x(at), bottom),
    text(x(at), bottom + 16, time(at), "middle"),
  ]);
  const shapes = rows.flatMap(({ contender, figure }, index) => {
    const y = ROW * (index + 1.5);
    const points = PERCENTILES.map((at) => /** @type {const} */ ([x(figure[at]), y]));
    const dots = PERCENTILES.map((at) =>
      dot(x(figure[at]), y, colorOf(contender), `${contender} ${at}: ${time(figure[at])}`),
    );
    return [text(0, y + 4, contender), line(points, colorOf(contender)), ...dots];
  });
  const caption = `${name}: p50, p99, p99.9 and the longest`;
  return svg(caption, WIDTH, bottom + 24, [text(0, 14, caption), ...grid, ...shapes]);
}

/** @param {string} name @param {Row<"amount">[]} rows */
function barPlot(name, rows) {
  const most = Math.max(...rows.map(({ figure }) => figure.value), Number.MIN_VALUE);
  const shapes = rows.flatMap(({ contender, figure }, index) => {
    const y = ROW * (index + 1);
    const width = (Math.max(0, figure.value) / most) * (RIGHT - LEFT);
    const shown = amount(figure.unit, figure.value);
    const shape = bar(LEFT, y, width, ROW - 8, colorOf(contender), `${contender}: ${shown}`);
    return [text(0, y + 14, contender), shape, text(LEFT + width + 8, y + 14, shown)];
  });
  return svg(name, WIDTH, ROW * (rows.length + 1), [text(0, 14, name), ...shapes]);
}

/** @param {string} name @param {Row<"series">[]} rows */
function curvePlot(name, rows) {
  const points = rows.flatMap(({ figure }) => figure.points);
  const [xs, ys] = [decades(points.map(([at]) => at)), decades(points.map(([, value]) => value))];
  const x = logarithmic(xs[0] ?? 1, xs.at(-1) ?? 10, LEFT, RIGHT);
  const y = logarithmic(ys[0] ?? 1, ys.at(-1) ?? 10, 240, ROW);
  const unit = rows[0]?.figure.unit ?? "count";
  const grid = [
    ...xs.flatMap((at) => [rule(x(at), ROW, x(at), 240), text(x(at), 256, String(at), "middle")]),
    ...ys.flatMap((at) => [
      rule(LEFT, y(at), RIGHT, y(at)),
      text(LEFT - 8, y(at) + 4, amount(unit, at), "end"),
    ]),
  ];
  const shapes = rows.flatMap(({ contender, figure }, index) => {
    const color = SHADES[index % SHADES.length] ?? "currentColor";
    const places = figure.points.map(([at, value]) => /** @type {const} */ ([x(at), y(value)]));
    const end = places.at(-1) ?? [RIGHT, 240];
    return [
      line(places, color),
      ...places.map(([px, py]) => dot(px, py, color, contender)),
      text(end[0] + 8, end[1] + 4, contender),
    ];
  });
  return svg(name, WIDTH, 264, [text(0, 14, name), ...grid, ...shapes]);
}

/** @param {WorkloadResult} result @param {Figure["kind"]} kind */
function namesOf({ outcomes }, kind) {
  const figures = Object.values(outcomes).flatMap((outcome) =>
    "figures" in outcome ? Object.entries(outcome.figures) : [],
  );
  return [...new Set(figures.filter(([, figure]) => figure.kind === kind).map(([name]) => name))];
}

/** @template {Figure["kind"]} K @param {WorkloadResult} result @param {K} kind @param {string} name @returns {Row<K>[]} */
function rowsOf({ outcomes }, kind, name) {
  return Object.entries(outcomes).flatMap(([contender, outcome]) => {
    const figure = "figures" in outcome ? outcome.figures[name] : undefined;
    return figure?.kind === kind ? [{ contender, figure: /** @type {Row<K>["figure"]} */ (figure) }] : [];
  });
}
