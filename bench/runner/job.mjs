/**
 * A job: one part of a workload for one contender, in a process of its own, so that no contender's heap, caches or threads are another's.
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

/** @typedef {import("../measure/figures.mjs").Figures} Figures */

/**
 * @typedef {object} Job
 * @property {string} workload
 * @property {string} part the name of what the workload's module exports for it
 * @property {string} contender
 * @property {string} directory where its data lies
 * @property {number} scale
 * @property {unknown} [input] what the part is told beside that
 * @property {boolean} [isKilled] whether the process is killed as soon as it has told its figures
 */
/** @typedef {{ figures: Figures } | { skipped: string } | { failed: string }} Outcome */

const child = fileURLToPath(new URL("../child.mjs", import.meta.url));

/** @param {Job} job @returns {Promise<Outcome>} */
export async function runJob(job) {
  const process = fork(child, [], { execArgv: ["--expose-gc"], stdio: ["ignore", "inherit", "pipe", "ipc"] });
  let errors = "";
  process.stderr?.on("data", (text) => {
    errors += text;
  });
  /** @type {Outcome | undefined} */
  let outcome;
  process.on("message", (message) => {
    outcome = /** @type {Outcome} */ (message);
    if (job.isKilled) process.kill("SIGKILL");
  });
  process.send(job);
  const [code, signal] = await once(process, "close");
  return outcome ?? { failed: `ended with ${signal ?? `code ${code}`}: ${errors.trim()}` };
}
