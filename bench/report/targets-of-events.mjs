/**
 * The targets of appending and replaying.
 */
import { amount, time } from "./text.mjs";

/** @typedef {import("./lookup.mjs").Lookup} Lookup */
/** @typedef {import("./targets.mjs").Claim} Claim */

const MICROSECOND = 1000;
const MILLISECOND = 1e6;
const milliseconds = (/** @type {number} */ value) => time(value * MILLISECOND);
const rate = (/** @type {number} */ value) => amount("per second", value);

/** @param {Lookup} lookup @returns {Claim[]} */
export function eventTargets(lookup) {
  return [...background(lookup), ...durable(lookup), ...underLoad(lookup), ...replay(lookup)];
}

/** @param {Lookup} lookup @returns {Claim[]} */
function background(lookup) {
  const ours = (/** @type {"p50" | "p99" | "p999"} */ at) => lookup.latency("append", "ours", "append", at);
  const floor = (/** @type {"p50" | "p99" | "p999"} */ at) => lookup.latency("append", "floor", "append", at);
  const sqlite = lookup.latency("append", "better-sqlite3", "append", "p99");
  return [
    { what: "append p50: 1.2 × the floor", reached: ours("p50"), limit: 1.2 * floor("p50"), show: time },
    {
      what: "append p99: 1.2 × the floor + 2 µs",
      reached: ours("p99"),
      limit: 1.2 * floor("p99") + 2 * MICROSECOND,
      show: time,
    },
    {
      what: "append p99.9: 2 × the floor + 50 µs",
      reached: ours("p999"),
      limit: 2 * floor("p999") + 50 * MICROSECOND,
      show: time,
    },
    { what: "append p99: half of better-sqlite3", reached: ours("p99"), limit: sqlite / 2, show: time },
  ];
}

/** @param {Lookup} lookup @returns {Claim[]} */
function durable(lookup) {
  const ours = lookup.latency("append-sync", "ours", "append", "p50");
  const floor = lookup.latency("append-sync", "floor", "append", "p50");
  const shared = lookup.amount("append-shared", "ours", "durable events");
  const least = Math.min(20_000, (0.9 * 64 * 1e9) / floor);
  return [
    { what: "append in sync mode p50: 1.3 × the floor", reached: ours, limit: 1.3 * floor, show: time },
    {
      what: "64 appenders: 20,000, or 90% of 64 ÷ the floor's sync",
      reached: shared,
      limit: least,
      isLeast: true,
      show: rate,
    },
  ];
}

/** @param {Lookup} lookup @returns {Claim[]} */
function underLoad(lookup) {
  const idle = lookup.latency("append-under-load", "ours", "append at rest", "p50");
  const loaded = (/** @type {"p99" | "p999"} */ at) =>
    lookup.latency("append-under-load", "ours", "append under load", at);
  return [
    {
      what: "append under load p99: 5 × p50 at rest + 20 µs",
      reached: loaded("p99"),
      limit: 5 * idle + 20 * MICROSECOND,
      show: time,
    },
    { what: "append under load p99.9", reached: loaded("p999"), limit: MILLISECOND, show: time },
  ];
}

/** In a process that has just started, and in one that has replayed before. @param {Lookup} lookup @returns {Claim[]} */
function replay(lookup) {
  const ways = [
    { when: "in a fresh process", figure: "" },
    { when: "again", figure: " again" },
  ];
  return ways.flatMap(({ when, figure }) => {
    const ours = lookup.amount("replay", "ours", `replay${figure}`);
    const best = lookup.leastOfOthers("replay", "ours", `replay${figure}`);
    const asBytes = lookup.amount("replay", "ours", `replay as bytes${figure}`);
    return [
      { what: `replay 100,000, ${when}`, reached: ours, limit: 120 },
      { what: `replay 100,000, ${when}: a third of the best peer`, reached: ours, limit: best / 3 },
      { what: `replay 100,000 as bytes, ${when}`, reached: asBytes, limit: 60 },
    ].map((claim) => ({ ...claim, show: milliseconds }));
  });
}
