/** The worker thread of a life, which works on the store that the main thread has open too, and ends in its own way. */
import { workerData } from "node:worker_threads";

import { Actor } from "./actor.mjs";
import { exhaustHeap } from "./heap.mjs";
import { fault } from "./report.mjs";

/** @type {import("../protocol.js").Plan} */
const plan = workerData;
const actor = new Actor("worker", { ...plan, seed: plan.seed + 1 });

/** @type {Partial<Record<import("../protocol.js").Way, () => void>>} */
const ENDS = {
  "worker-exit": () => process.exit(5),
  "worker-throw": () => {
    throw new Error("thrown on purpose");
  },
  "worker-heap": () => void exhaustHeap(),
};

async function live() {
  await actor.handles.openEngine();
  await actor.open();
  const end = ENDS[plan.way];
  if (end) {
    await actor.work(plan.operations);
    setTimeout(end, actor.random.below(4));
  }
  await actor.work(Number.POSITIVE_INFINITY);
}

live().catch((error) => fault(`the worker: ${error instanceof Error ? error.stack : error}`));
