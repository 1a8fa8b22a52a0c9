/**
 * Saves one after the other, watched from all sides: their latencies, the event loop (k), memory and garbage collection (j), the disk.
 */

import { bytesOnDisk } from "../measure/disk.mjs";
import { EventLoopWatch } from "../measure/event-loop.mjs";
import { bytes } from "../measure/figures.mjs";
import { Latencies } from "../measure/latencies.mjs";
import { MemoryWatch } from "../measure/memory.mjs";

/** @typedef {import("../contenders/contract.mjs").Checkpoint} Checkpoint */
/** @typedef {import("./contract.mjs").Contender} Contender */

/** @param {Contender} contender @param {string} directory */
export async function openCheckpoints(contender, directory) {
  if (!contender.checkpoints) throw new Error("the contender keeps no checkpoints");
  return contender.checkpoints(directory);
}

/**
 * Saves all checkpoints, each when the one before is saved.
 *
 * @param {Contender} contender
 * @param {string} directory
 * @param {Iterable<Checkpoint>} checkpoints may be one object that changes
 * @returns {Promise<import("./contract.mjs").Figures>}
 */
export async function watchSaves(contender, directory, checkpoints) {
  const store = await openCheckpoints(contender, directory);
  const [memory, loop, latencies, synchronous] = [
    new MemoryWatch(),
    new EventLoopWatch(),
    new Latencies(),
    new Latencies(),
  ];
  for (const checkpoint of checkpoints) {
    await loop.during(() => latencies.timeLater(() => synchronous.time(() => store.save(checkpoint))));
    memory.sample();
  }
  const figures = {
    save: latencies.summary(),
    "save's call": synchronous.summary(),
    ...loop.figures(),
    ...(await memory.figures()),
  };
  await store.close();
  return { ...figures, disk: bytes(await bytesOnDisk(directory)) };
}

/** What a process takes that loads the same modules and saves nothing. */
export async function emptyProcess() {
  return new MemoryWatch().figures();
}

/** @param {import("../data/agent-run.mjs").AgentRun} run @param {number} steps */
export function* steps(run, steps) {
  for (let step = 0; step < steps; step += 1) yield run.step();
}
