/**
 * (l) A new store's size, and 2,000 small ones open at once in one process: threads, memory, time.
 *
 * Constraint: memory and threads are those that come on top of the same process with one store open.
 */
import { join } from "node:path";
import { taskGraphEvents } from "../data/events.mjs";
import { tinyCheckpoint } from "../data/tiny-checkpoints.mjs";
import { StorageEngine } from "../engine.mjs";
import { bytesOnDisk } from "../measure/disk.mjs";
import { bytes, count, milliseconds } from "../measure/figures.mjs";
import { threadCount } from "../measure/memory.mjs";
import { openEvents } from "./event-store.mjs";
import { openCheckpoints } from "./saves.mjs";

/** @typedef {import("./contract.mjs").Part} Part */

const STORES = 2000;
const EVENTS = 10;

const directoryOf = (/** @type {number} */ number) => `session-${number}`;

/** @type {Part} */
async function fill(contender, context) {
  const events = taskGraphEvents(EVENTS);
  const stores = context.count(STORES);
  const before = performance.now();
  for (let number = 0; number < stores; number += 1) {
    const directory = await context.subdirectory(directoryOf(number));
    const [log, storage] = [
      await openEvents(contender, directory),
      await openCheckpoints(contender, directory),
    ];
    for (const event of events) await log.append(event);
    await storage.save(tinyCheckpoint(number));
    await Promise.all([log.close(), storage.close()]);
  }
  return { "make, fill and close one": milliseconds((performance.now() - before) / stores) };
}

/** @type {Part} */
async function open(_contender, context) {
  const openOne = (/** @type {number} */ number) =>
    StorageEngine.open(join(context.directory, directoryOf(number), "engine"));
  const stores = context.count(STORES);
  const engines = [await openOne(0)];
  globalThis.gc?.();
  const empty = { memory: process.memoryUsage.rss(), threads: threadCount() };
  const before = performance.now();
  for (let number = 1; number < stores; number += 1) engines.push(await openOne(number));
  const time = performance.now() - before;
  globalThis.gc?.();
  const memory = process.memoryUsage.rss() - empty.memory;
  const threads = (threadCount() ?? Number.NaN) - (empty.threads ?? 0);
  await Promise.all(engines.map((engine) => engine.close()));
  const added = { "memory added": bytes(memory), "threads added": count(threads) };
  return { "open all": milliseconds(time), "open one": milliseconds(time / stores), ...added };
}

/** @type {Part} */
async function run(contender, context) {
  const first = await context.subdirectory("first");
  const log = await openEvents(contender, first);
  for (const event of taskGraphEvents(1)) await log.append(event);
  await log.close();
  const disk = bytes(await bytesOnDisk(first));
  const [made, opened] = [await context.fresh("fill"), await context.fresh("open")];
  return { "a new store's disk": disk, ...made, ...opened };
}

/** @type {import("./contract.mjs").Workload} */
export const workload = {
  title: "2,000 small stores open at once",
  contenders: ["ours"],
  parts: { run, fill, open },
};
