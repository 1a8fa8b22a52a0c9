/**
 * A task graph's state from a closed store: of 100,000 events and 40,000 nodes, once from all of the events and once from a state that the log has kept.
 *
 * Constraints: the time is that of opening and rehydrating, and then of that and of looking at the nodes and edges, whose objects are made then; once in a process that has just started, and again
 * and again in one. A store without kept states is one into which the events alone were copied.
 */
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { graphLife } from "../data/graph-life.mjs";
import { NativeTaskGraphEventLog, StorageEngine } from "../engine.mjs";
import { amountOf, bytes, median, milliseconds } from "../measure/figures.mjs";
import { peakResidentSet } from "../measure/memory.mjs";

/** @typedef {import("./contract.mjs").Part} Part */
/** @typedef {import("./contract.mjs").Figures} Figures */

const STREAM = "task-graph";
/** What is timed: the call, and the call with a look at all nodes and edges. */
const STEPS = ["rehydrate", "rehydrate and look"];
const FRESH_OPENS = 5;
const TIMES_AGAIN = 7;

/** Nobody waits for a state that is being kept, so there is no call to wait with. */
const KEEPING_MS = 3000;

/** @type {Part} */
async function run(_contender, context) {
  const [kept, plain] = [await context.subdirectory("kept"), await context.subdirectory("plain")];
  await context.fresh("fill", { directory: kept });
  await context.fresh("copy", { directory: plain, input: kept });
  await context.fresh("keep", { directory: kept });
  /** @type {Figures} */
  const figures = {};
  for (const { name, directory } of [
    { name: "from all events", directory: plain },
    { name: "from a kept state", directory: kept },
  ]) {
    /** @type {Figures[]} */
    const fresh = [];
    for (let round = 0; round < FRESH_OPENS; round += 1)
      fresh.push(await context.fresh("rehydrate", { directory }));
    const medianOf = (/** @type {string} */ figure) => median(fresh.map((found) => amountOf(found, figure)));
    const again = await context.fresh("again", { directory });
    for (const step of STEPS) {
      figures[`${step} ${name}`] = milliseconds(medianOf(step));
      figures[`${step} ${name}, again`] = milliseconds(amountOf(again, step));
    }
    figures[`peak ${name}`] = bytes(medianOf("peak"));
    figures["size of the state"] = bytes(medianOf("state"));
  }
  return figures;
}

/** @type {Part} */
async function fill(_contender, context) {
  const log = new NativeTaskGraphEventLog({ rootDir: context.directory });
  for (const event of graphLife(context.count(100_000, 1000))) log.append(event);
  await log.close();
  return {};
}

/** @type {Part} */
async function copy(_contender, context) {
  const from = StorageEngine.openSync(join(String(context.input), "engine"));
  const to = StorageEngine.openSync(join(context.directory, "engine"));
  for (const { data } of from.replayEvents(0, { stream: STREAM })) to.appendEvent(data, STREAM);
  await from.close();
  await to.close();
  return {};
}

/** What a start does that finds no state near the end, and a graph that keeps half of its events. @type {Part} */
async function keep(_contender, context) {
  const log = new NativeTaskGraphEventLog({ rootDir: context.directory });
  log.prune(context.count(100_000, 1000) / 2 + 1);
  log.rehydrate();
  await sleep(KEEPING_MS);
  await log.close();
  return {};
}

/** @type {Part} */
async function rehydrate(_contender, context) {
  globalThis.gc?.();
  const [before, heap] = [process.memoryUsage.rss(), process.memoryUsage().heapUsed];
  const { log, state, times } = timed(context);
  const peak = peakResidentSet() - before;
  globalThis.gc?.();
  const stateBytes = process.memoryUsage().heapUsed - heap;
  await log.close();
  if (state?.nodes.length !== context.count(40_000, 400)) throw new Error(`${state?.nodes.length} nodes`);
  return { ...times, peak: bytes(peak), state: bytes(stateBytes) };
}

/** @type {Part} */
async function again(_contender, context) {
  /** @type {Figures[]} */
  const rounds = [];
  for (let round = 0; round <= TIMES_AGAIN; round += 1) {
    const { log, times } = timed(context);
    rounds.push(times);
    await log.close();
  }
  const medianOf = (/** @type {string} */ step) =>
    milliseconds(median(rounds.slice(1).map((times) => amountOf(times, step))));
  return Object.fromEntries(STEPS.map((step) => [step, medianOf(step)]));
}

/** @param {import("../runner/context.mjs").Context} context */
function timed(context) {
  const start = performance.now();
  const log = new NativeTaskGraphEventLog({ rootDir: context.directory });
  const state = log.rehydrate();
  const rehydrated = performance.now();
  const seen = [state?.nodes, state?.edges];
  const looked = performance.now();
  if (seen.includes(undefined)) throw new Error("no state");
  const times = {
    rehydrate: milliseconds(rehydrated - start),
    "rehydrate and look": milliseconds(looked - start),
  };
  return { log, state, times };
}

/** @type {import("./contract.mjs").Workload} */
export const workload = {
  title: "Rehydrate a task graph of 100,000 events and 40,000 nodes",
  contenders: ["ours"],
  parts: { run, fill, copy, keep, rehydrate, again },
};
