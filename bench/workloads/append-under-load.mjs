/**
 * (n) The background mode's latencies while another agent saves 1 MB checkpoints back to back, the log is flushed and a compaction
 * runs, beside the latencies of the same process at rest.
 *
 * Constraint: the appends come in bursts between which the event loop goes on, as an agent's do; otherwise nothing else would run.
 */

import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { AgentRun } from "../data/agent-run.mjs";
import { taskGraphEvents } from "../data/events.mjs";
import { NativeCheckpointStorage, NativeTaskGraphEventLog, StorageEngine } from "../engine.mjs";
import { count } from "../measure/figures.mjs";
import { Latencies } from "../measure/latencies.mjs";

const BURST = 20;
const BYTES = 1_000_000;

/** @typedef {import("../engine.mjs").TaskGraphEvent} TaskGraphEvent */

/** @param {NativeTaskGraphEventLog} log @param {readonly TaskGraphEvent[]} events */
async function appendInBursts(log, events) {
  const latencies = new Latencies();
  for (let first = 0; first < events.length; first += BURST) {
    for (const event of events.slice(first, first + BURST)) latencies.time(() => log.append(event));
    await nextTurn();
  }
  return latencies.summary();
}

/** What goes on beside the appends until it is stopped; each of it again and again. @param {string} rootDir */
function beginLoad(rootDir) {
  const storage = new NativeCheckpointStorage({ rootDir });
  const run = new AgentRun({ steps: 20, bytes: BYTES });
  for (let step = 0; step < 20; step += 1) run.step();
  const done = { saves: 0, flushes: 0, compactions: 0 };
  let isStopped = false;
  const repeat = async (
    /** @type {keyof typeof done} */ name,
    /** @type {() => Promise<unknown>} */ work,
  ) => {
    for (; !isStopped; done[name] += 1) await work();
  };
  const loads = StorageEngine.open(join(rootDir, "engine")).then(async (engine) => {
    await Promise.all([
      repeat("saves", () => storage.save(Object.assign(run.checkpoint, { currentStep: done.saves }))),
      repeat("flushes", () => engine.flush()),
      repeat("compactions", () => engine.compact()),
    ]);
    await Promise.all([engine.close(), storage.close()]);
  });
  return async () => {
    isStopped = true;
    await loads;
    return done;
  };
}

/** @type {import("./contract.mjs").Workload} */
export const workload = {
  title: "Append while 1 MB checkpoints are saved back to back, the log is flushed and a compaction runs",
  contenders: ["ours"],
  parts: {
    async run(_contender, context) {
      const rootDir = context.directory;
      const size = context.count(50_000, 400);
      const events = taskGraphEvents(1000 + 2 * size);
      const log = new NativeTaskGraphEventLog({ rootDir });
      await appendInBursts(log, events.slice(0, 1000));
      const idle = await appendInBursts(log, events.slice(1000, 1000 + size));
      const endLoad = beginLoad(rootDir);
      const loaded = await appendInBursts(log, events.slice(1000 + size));
      const { saves, flushes, compactions } = await endLoad();
      await log.close();
      const beside = { saves: count(saves), flushes: count(flushes), compactions: count(compactions) };
      return { "append at rest": idle, "append under load": loaded, ...beside };
    },
  },
};
