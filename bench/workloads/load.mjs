/**
 * (f) Loading a checkpoint of 0.9 MB: the newest version again and again, the newest in a process that has just opened the store, and old versions
 * where they are kept.
 *
 * Constraint: an opening in a fresh process is cold for the contender, not for the operating system, whose cache holds the files.
 */
import { AgentRun } from "../data/agent-run.mjs";
import { Random } from "../data/random.mjs";
import { amountOf, median, milliseconds } from "../measure/figures.mjs";
import { Latencies } from "../measure/latencies.mjs";
import { openCheckpoints, steps } from "./saves.mjs";

const STEPS = 200;
const BYTES = 900_000;
const LOADS = 300;
const FRESH_OPENS = 3;

/** @typedef {import("./contract.mjs").Part} Part */

const newRun = () => new AgentRun({ steps: STEPS, bytes: BYTES });

/** Saves all versions where they are kept, the last one elsewhere. @type {Part} */
async function fill(contender, context) {
  const store = await openCheckpoints(contender, context.directory);
  const run = newRun();
  for (const checkpoint of steps(run, STEPS)) {
    if (store.loadVersion || checkpoint.currentStep === STEPS) await store.save(checkpoint);
  }
  await store.close();
  return {};
}

/** @type {Part} */
async function warm(contender, context) {
  const store = await openCheckpoints(contender, context.directory);
  const { id } = newRun().checkpoint;
  const [newest, old, random] = [new Latencies(), new Latencies(), new Random(5)];
  for (let round = 0; round < context.count(LOADS); round += 1) {
    const loaded = await newest.timeLater(() => store.load(id));
    if (loaded?.completedToolCalls.length !== STEPS) throw new Error("what was loaded is not what was saved");
  }
  const { loadVersion } = store;
  for (let round = 0; loadVersion && round < context.count(LOADS); round += 1) {
    const version = 1 + random.below(STEPS);
    const loaded = await old.timeLater(() => loadVersion(id, version));
    if (loaded?.currentStep !== version) throw new Error(`version ${version} is another`);
  }
  await store.close();
  return {
    "load the newest": newest.summary(),
    ...(loadVersion ? { "load an old version": old.summary() } : {}),
  };
}

/** @type {Part} */
async function cold(contender, context) {
  const before = performance.now();
  const store = await openCheckpoints(contender, context.directory);
  await store.load(newRun().checkpoint.id);
  const time = performance.now() - before;
  await store.close();
  return { "open and load": milliseconds(time) };
}

/** @type {Part} */
async function run(_contender, context) {
  await context.fresh("fill");
  const figures = await context.fresh("warm");
  /** @type {number[]} */
  const times = [];
  for (let round = 0; round < FRESH_OPENS; round += 1)
    times.push(amountOf(await context.fresh("cold"), "open and load"));
  return { ...figures, "open and load": milliseconds(median(times)) };
}

/** @type {import("./contract.mjs").Workload} */
export const workload = {
  title: "Load a checkpoint of 0.9 MB that was saved 200 times",
  contenders: ["ours", "messagepack-files", "better-sqlite3", "node:sqlite", "lmdb", "classic-level"],
  parts: { run, fill, warm, cold },
};
