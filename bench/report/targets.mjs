/**
 * The targets, computed from one run: each is a ratio of figures of the same run, or a figure that does not depend on the machine much.
 *
 * Constraint: a target whose figures are not in the run is not measured, and neither holds nor fails; nothing here ends a process.
 */
import { Lookup } from "./lookup.mjs";
import { checkpointTargets } from "./targets-of-checkpoints.mjs";
import { eventTargets } from "./targets-of-events.mjs";
import { graphTargets } from "./targets-of-graphs.mjs";
import { storeTargets } from "./targets-of-stores.mjs";

/**
 * @typedef {object} Target
 * @property {string} what
 * @property {string} reached `–` where it was not measured
 * @property {string} wanted
 * @property {boolean} [holds] absent where it was not measured
 */
/** What a target's own module says: the figure and its limit in the same unit. @typedef {{ what: string, reached: number | undefined, limit: number | undefined, isLeast?: boolean, show: (value: number) => string }} Claim */

/**
 * @param {readonly import("../runner/run-workload.mjs").WorkloadResult[]} results
 * @param {{ binaryBytes?: number | undefined }} [facts] the size of the stripped addon
 * @returns {Target[]}
 */
export function targetsOf(results, facts = {}) {
  const lookup = new Lookup(results);
  return [
    ...eventTargets(lookup),
    ...checkpointTargets(lookup),
    ...graphTargets(lookup),
    ...storeTargets(lookup, facts.binaryBytes),
  ].map(judged);
}

/** @param {Claim} claim @returns {Target} */
function judged({ what, reached, limit, isLeast = false, show }) {
  const word = isLeast ? "at least" : "at most";
  const wanted = isKnown(limit) ? `${word} ${show(limit)}` : "–";
  if (!isKnown(reached) || !isKnown(limit))
    return { what, reached: isKnown(reached) ? show(reached) : "–", wanted };
  return { what, reached: show(reached), wanted, holds: isLeast ? reached >= limit : reached <= limit };
}

/** @param {number | undefined} value @returns {value is number} */
function isKnown(value) {
  return value !== undefined && Number.isFinite(value);
}
