/**
 * (h) Taking the older half away: of 100,000 events, and of 2,000 checkpoints of 20 kB.
 */
import { taskGraphEvents } from "../data/events.mjs";
import { smallCheckpoints } from "../data/small-checkpoints.mjs";
import { bytesOnDisk } from "../measure/disk.mjs";
import { bytes, median, milliseconds } from "../measure/figures.mjs";
import { appendMany, openEvents } from "./event-store.mjs";
import { openCheckpoints } from "./saves.mjs";

/** @typedef {import("./contract.mjs").Contender} Contender */
/** @typedef {import("../runner/context.mjs").Context} Context */

/** @param {Contender} contender @param {Context} context */
async function pruneEvents(contender, context) {
  if (!contender.events) return {};
  const directory = await context.subdirectory("events");
  const count = context.count(100_000);
  const store = await openEvents(contender, directory);
  await appendMany(store, taskGraphEvents(count));
  const before = performance.now();
  await store.prune?.(1 + count / 2);
  const time = performance.now() - before;
  await store.close();
  return { "prune events": milliseconds(time), "disk of events": bytes(await bytesOnDisk(directory)) };
}

/** @param {Contender} contender @param {Context} context */
async function pruneCheckpoints(contender, context) {
  if (!contender.checkpoints) return {};
  const directory = await context.subdirectory("checkpoints");
  const options = { count: context.count(2000, 100), bytes: 20_000, agents: 50 };
  const cut = median(Array.from(smallCheckpoints(options), ({ createdAt }) => createdAt));
  const store = await openCheckpoints(contender, directory);
  await store.saveAll(smallCheckpoints(options));
  const before = performance.now();
  const gone = await store.prune(cut);
  const time = performance.now() - before;
  await store.close();
  if (gone < 0.4 * options.count || gone > 0.6 * options.count)
    throw new Error(`${gone} of ${options.count} pruned`);
  return {
    "prune checkpoints": milliseconds(time),
    "disk of checkpoints": bytes(await bytesOnDisk(directory)),
  };
}

/** @type {import("./contract.mjs").Workload} */
export const workload = {
  title: "Prune half of 100,000 events and of 2,000 checkpoints",
  contenders: [
    "ours",
    "messagepack-files",
    "better-sqlite3",
    "node:sqlite",
    "lmdb",
    "classic-level",
    "json-lines",
  ],
  parts: {
    run: async (contender, context) => ({
      ...(await pruneEvents(contender, context)),
      ...(await pruneCheckpoints(contender, context)),
    }),
  },
};
