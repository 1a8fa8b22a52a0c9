/**
 * (i) Opening a store with 1,000,000 events and 10,000 checkpoints, after a close and after a kill of the process that filled it.
 *
 * Constraints: each opening is in a fresh process; after a kill there is one alone, since it leaves a store that was closed.
 */
import { join } from "node:path";
import { repeatedEvents, taskGraphEvents } from "../data/events.mjs";
import { tinyCheckpoints, tinyId } from "../data/tiny-checkpoints.mjs";
import { NativeTaskGraphEventLog, StorageEngine } from "../engine.mjs";
import { bytesOnDisk } from "../measure/disk.mjs";
import { amountOf, bytes, median, milliseconds } from "../measure/figures.mjs";
import { appendMany, openEvents } from "./event-store.mjs";
import { openCheckpoints } from "./saves.mjs";

/** @typedef {import("./contract.mjs").Part} Part */
/** @typedef {import("../runner/context.mjs").Context} Context */

const STREAM = "task-graph";
const MADE = 20_000;
const FRESH_OPENS = 3;

/** @param {Context} context */
const sizesOf = (context) => ({
  events: context.count(1_000_000, 1000),
  checkpoints: context.count(10_000, 100),
});

/** Both stores are left open where this process is to be killed. @type {Part} */
async function fill(contender, context) {
  const { events, checkpoints } = sizesOf(context);
  const [log, storage] = [
    await openEvents(contender, context.directory),
    await openCheckpoints(contender, context.directory),
  ];
  await storage.saveAll(tinyCheckpoints(0, checkpoints));
  await appendMany(log, repeatedEvents(taskGraphEvents(Math.min(MADE, events)), 1, events + 1));
  if (context.isKilled) return {};
  await log.close();
  await storage.close();
  return {};
}

/** @type {Part} */
async function open(_contender, context) {
  const sizes = sizesOf(context);
  const before = performance.now();
  const engine = await StorageEngine.open(join(context.directory, "engine"), { createIfMissing: false });
  const opened = performance.now();
  const newest = await engine.loadCheckpoint(tinyId(sizes.checkpoints - 1));
  const loaded = performance.now();
  const last = engine.lastSequence(STREAM);
  await engine.close();
  if (!newest || last !== sizes.events) throw new Error(`${last} of ${sizes.events} events are there`);
  return { open: milliseconds(opened - before), "first load": milliseconds(loaded - opened) };
}

/** What a runtime waits for that appends right away. @type {Part} */
async function append(_contender, context) {
  const [event] = taskGraphEvents(1);
  if (!event) throw new Error("no event");
  const log = new NativeTaskGraphEventLog({ rootDir: context.directory });
  const before = performance.now();
  log.append({ ...event, sequenceId: sizesOf(context).events + 1 });
  const time = performance.now() - before;
  await log.close();
  return { append: milliseconds(time) };
}

/** @type {Part} */
async function run(_contender, context) {
  const [closed, killed] = [await context.subdirectory("closed"), await context.subdirectory("killed")];
  await context.fresh("fill", { directory: closed });
  await context.fresh("fill", { directory: killed, isKilled: true });
  const afterKill = await context.fresh("open", { directory: killed });
  /** @type {import("./contract.mjs").Figures[]} */
  const opens = [];
  for (let round = 0; round < FRESH_OPENS; round += 1)
    opens.push(await context.fresh("open", { directory: closed }));
  const medianOf = (/** @type {string} */ name) =>
    milliseconds(median(opens.map((figures) => amountOf(figures, name))));
  const firstAppend = await context.fresh("append", { directory: closed });
  return {
    ...{ reopen: medianOf("open"), "first load": medianOf("first load") },
    "open by a first append": milliseconds(amountOf(firstAppend, "append")),
    ...{
      "reopen after a kill": milliseconds(amountOf(afterKill, "open")),
      disk: bytes(await bytesOnDisk(closed)),
    },
  };
}

/** @type {import("./contract.mjs").Workload} */
export const workload = {
  title: "Reopen 1,000,000 events and 10,000 checkpoints",
  contenders: ["ours"],
  parts: { run, fill, open, append },
};
