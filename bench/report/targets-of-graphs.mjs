/**
 * The targets of rehydrating a task graph and of looking back into it.
 */
import { size, time } from "./text.mjs";

/** @typedef {import("./lookup.mjs").Lookup} Lookup */
/** @typedef {import("./targets.mjs").Claim} Claim */

const MILLISECOND = 1e6;
const MB = 1e6;
const milliseconds = (/** @type {number} */ value) => time(value * MILLISECOND);

/** @param {Lookup} lookup @returns {Claim[]} */
export function graphTargets(lookup) {
  const rehydrate = (/** @type {string} */ figure) => lookup.amount("rehydrate", "ours", figure);
  const most = 2 * rehydrate("size of the state") + 16 * MB;
  return [
    ...[
      { from: "from all events", limit: 60 },
      { from: "from a kept state", limit: 10 },
    ].flatMap(({ from, limit }) => [
      ...[
        { step: "rehydrate", what: `rehydrate ${from}` },
        { step: "rehydrate and look", what: `rehydrate ${from}, and look at every node` },
      ].flatMap(({ step, what }) => [
        {
          what: `${what}, in a fresh process`,
          reached: rehydrate(`${step} ${from}`),
          limit,
          show: milliseconds,
        },
        { what: `${what}, again`, reached: rehydrate(`${step} ${from}, again`), limit, show: milliseconds },
      ]),
      {
        what: `memory for it: twice the state + 16 MB`,
        reached: rehydrate(`peak ${from}`),
        limit: most,
        show: size,
      },
    ]),
    {
      what: "state at any of 1,000,000 events p99",
      reached: lookup.latency("time-travel", "ours", "state at a moment", "p99"),
      limit: 5 * MILLISECOND,
      show: time,
    },
    {
      what: "first page of a timeline of 1,000,000 events",
      reached: lookup.amount("time-travel", "ours", "the timeline's first page"),
      limit: 5,
      show: milliseconds,
    },
  ];
}
