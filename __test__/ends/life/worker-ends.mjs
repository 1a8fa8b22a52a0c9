/** A worker thread from its start to its end, which is the one that was meant. */

import { setTimeout as sleep } from "node:timers/promises";
import { Worker } from "node:worker_threads";

import { fault } from "./report.mjs";

const THREAD = new URL("./thread.mjs", import.meta.url);
const LONGEST_LIFE_MS = 150;
/** Node's own megabytes; a worker needs four to start. */
const SMALL_HEAP = { maxOldGenerationSizeMb: 16 };

/** What a worker ends with: its exit code, and the error that it leaves. One that is terminated before it began has the code 0. */
const EXPECTED = /** @type {const} */ ({
  terminate: [[0, 1], undefined],
  "worker-exit": [[5], undefined],
  "worker-throw": [[1], "thrown on purpose"],
  "worker-heap": [[1], "ERR_WORKER_OUT_OF_MEMORY"],
});

/** @param {import("../protocol.js").Plan} plan @param {import("./random.mjs").Random} random */
export async function untilWorkerEnds(plan, random) {
  const worker = new Worker(THREAD, {
    workerData: plan,
    ...(plan.way === "worker-heap" ? { resourceLimits: SMALL_HEAP } : {}),
  });
  /** @type {(Error & { code?: string }) | undefined} */
  let error;
  worker.on("error", (/** @type {Error & { code?: string }} */ thrown) => {
    error = thrown;
  });
  /** @type {Promise<number>} */
  const ended = new Promise((resolve) => worker.on("exit", resolve));
  if (plan.way === "terminate") {
    await sleep(random.below(LONGEST_LIFE_MS));
    await worker.terminate();
  }
  const code = await ended;
  const [codes, expectedError] = EXPECTED[/** @type {keyof EXPECTED} */ (plan.way)];
  const found = error?.code ?? error?.message;
  if (!(/** @type {readonly number[]} */ (codes).includes(code)) || found !== expectedError)
    fault(`the worker ended with ${code} and ${error?.stack}, not ${codes} and ${expectedError}`);
}
