/**
 * The process of one job: loads the contender, runs the part of the workload, tells the figures, ends.
 *
 * Constraint: nothing is loaded that the job does not need, since its memory is measured.
 */
import { once } from "node:events";
import { loadContender } from "./contenders/index.mjs";
import { Context } from "./runner/context.mjs";
import { loadWorkload } from "./workloads/index.mjs";

/** @typedef {import("./runner/job.mjs").Job} Job */
/** @typedef {import("./runner/job.mjs").Outcome} Outcome */

/** @param {Job} job @returns {Promise<Outcome>} */
async function run(job) {
  const loaded = await loadContender(job.contender);
  if ("absent" in loaded) return { skipped: loaded.absent };
  const workload = await loadWorkload(job.workload);
  const part = workload.parts[job.part];
  if (!part) throw new Error(`${job.workload} has no part ${job.part}`);
  return { figures: await part(loaded.contender, new Context(job)) };
}

const [job] = /** @type {[Job]} */ (await once(process, "message"));
/** @type {Outcome} */
const outcome = await run(job).catch((error) => ({
  failed: error instanceof Error ? String(error.stack) : String(error),
}));
// One that is to be killed stays as it is until then.
process.send?.(outcome, () => {
  if (!job.isKilled) process.disconnect();
});
