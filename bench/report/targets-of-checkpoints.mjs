/**
 * The targets of saving, loading and listing.
 */
import { size, time } from "./text.mjs";

/** @typedef {import("./lookup.mjs").Lookup} Lookup */
/** @typedef {import("./targets.mjs").Claim} Claim */

const TODAY = "messagepack-files";

/** (c), (d) and (e), over which memory and disk are looked at. */
const SAVING = ["same-id", "new-id", "many-agents"];

const milliseconds = (/** @type {number} */ value) => time(value * 1e6);
const times = (/** @type {number} */ value) => `${value.toFixed(2)} ×`;

/** @param {Lookup} lookup @returns {Claim[]} */
export function checkpointTargets(lookup) {
  return [...latencies(lookup), ...growth(lookup), ...memory(lookup), ...disk(lookup)];
}

/** @param {Lookup} lookup @returns {Claim[]} */
function latencies(lookup) {
  /** @type {(workload: string, figure: string, at: "p50" | "p99", share: number, what: string) => Claim} */
  const claim = (workload, figure, at, share, what) => {
    const limit = lookup.latency(workload, TODAY, figure, at) * share;
    return { what, reached: lookup.latency(workload, "ours", figure, at), limit, show: time };
  };
  const blocked = (/** @type {string} */ contender) => lookup.total("same-id", contender, "loop blocked");
  return [
    claim("same-id", "save", "p50", 0.5, "save up to 0.9 MB p50: half of today's"),
    claim("same-id", "save", "p99", 0.5, "save up to 0.9 MB p99: half of today's"),
    {
      what: "event loop blocked by it: an eighth of today's",
      reached: blocked("ours"),
      limit: blocked(TODAY) / 8,
      show: time,
    },
    claim("load", "load the newest", "p50", 0.5, "load at 0.9 MB p50: half of today's"),
    claim("load", "load the newest", "p99", 0.5, "load at 0.9 MB p99: half of today's"),
  ];
}

/** @param {Lookup} lookup @returns {Claim[]} */
function growth(lookup) {
  return [
    {
      what: "cost of a save, the 100,000th against the first",
      ...{ reached: lookup.amount("many-saves", "ours", "last against first"), limit: 1.2, show: times },
    },
    {
      what: "list 10 of 10,000 from a storage made a moment ago",
      ...{ reached: lookup.amount("list", "ours", "list from a new storage"), limit: 1, show: milliseconds },
    },
    {
      what: "the same where nobody has the engine open",
      ...{ reached: lookup.amount("list", "ours", "open and list"), limit: 1, show: milliseconds },
    },
  ];
}

/** @param {Lookup} lookup @returns {Claim[]} */
function memory(lookup) {
  return SAVING.flatMap((workload) => {
    const peak = (/** @type {string} */ contender) => lookup.amount(workload, contender, "peak above empty");
    const gc = (/** @type {string} */ contender) => lookup.amount(workload, contender, "gc time");
    return [
      {
        what: `${workload}, peak memory: 40% of today's`,
        reached: peak("ours"),
        limit: 0.4 * peak(TODAY),
        show: size,
      },
      {
        what: `${workload}, garbage collection: a fifth of today's`,
        reached: gc("ours"),
        limit: gc(TODAY) / 5,
        show: milliseconds,
      },
    ];
  });
}

/** @param {Lookup} lookup @returns {Claim[]} */
function disk(lookup) {
  const sum = (/** @type {string} */ contender) =>
    SAVING.reduce((total, workload) => total + lookup.amount(workload, contender, "disk"), 0);
  return [
    {
      what: "disk over all three: a third of today's",
      reached: sum("ours"),
      limit: sum(TODAY) / 3,
      show: size,
    },
  ];
}
