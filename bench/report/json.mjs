/**
 * The results as a file that a program reads.
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";

/** @typedef {import("../runner/machine.mjs").Machine} Machine */
/** @typedef {import("../runner/run-workload.mjs").WorkloadResult} WorkloadResult */

/**
 * @typedef {object} Run
 * @property {number} scale 1 where it was the whole
 * @property {Machine} machine
 * @property {readonly WorkloadResult[]} workloads
 * @property {readonly import("./targets.mjs").Target[]} targets
 */

/** @param {string} directory @param {Run} run */
export async function writeJson(directory, run) {
  const path = join(directory, "results.json");
  await writeFile(path, `${JSON.stringify(run, null, 2)}\n`);
  return path;
}
