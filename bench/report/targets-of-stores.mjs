/**
 * The targets of opening stores and of their sizes.
 */
import { size, time } from "./text.mjs";

/** @typedef {import("./lookup.mjs").Lookup} Lookup */
/** @typedef {import("./targets.mjs").Claim} Claim */

const MIB = 1024 * 1024;
const milliseconds = (/** @type {number} */ value) => time(value * 1e6);

/** @param {Lookup} lookup @param {number | undefined} binaryBytes @returns {Claim[]} */
export function storeTargets(lookup, binaryBytes) {
  const reopen = (/** @type {string} */ figure) => lookup.amount("reopen", "ours", figure);
  const small = (/** @type {string} */ figure) => lookup.amount("small-stores", "ours", figure);
  return [
    {
      what: "reopen 1,000,000 events and 10,000 checkpoints",
      reached: reopen("reopen"),
      limit: 100,
      show: milliseconds,
    },
    { what: "the same after a kill", reached: reopen("reopen after a kill"), limit: 100, show: milliseconds },
    { what: "a new store's disk", reached: small("a new store's disk"), limit: 64 * 1024, show: size },
    { what: "threads that 2,000 open stores add", reached: small("threads added"), limit: 8, show: String },
    { what: "memory that 2,000 open stores add", reached: small("memory added"), limit: 200e6, show: size },
    { what: "the addon, stripped", reached: binaryBytes, limit: 2 * MIB, show: size },
  ];
}
