/**
 * (b) 100,000 events read back to plain objects from a closed store: once in a process that has just started, and again and again in one.
 *
 * Constraints: the time is that of opening and replaying, with the modules loaded before. The first replay of a process is done before its code is optimised and its
 * heap has grown, for every contender; what one of the later ones takes says what the work is. Whether the events are deep-equal to the originals is looked at outside of
 * it.
 */
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { taskGraphEvents } from "../data/events.mjs";
import { StorageEngine } from "../engine.mjs";
import { bytesOnDisk } from "../measure/disk.mjs";
import { amountOf, bytes, median, milliseconds } from "../measure/figures.mjs";
import { appendMany, openEvents } from "./event-store.mjs";

const FRESH_OPENS = 5;
const TIMES_AGAIN = 7;
const STREAM = "task-graph";

/** @typedef {import("./contract.mjs").Part} Part */

/** @type {Part} */
async function run(_contender, context) {
  await context.fresh("fill");
  /** @type {number[]} */
  const times = [];
  for (let round = 0; round < FRESH_OPENS; round += 1) {
    times.push(amountOf(await context.fresh("replay", { input: round === 0 }), "replay"));
  }
  return {
    "first replay": milliseconds(times[0] ?? Number.NaN),
    replay: milliseconds(median(times)),
    ...(await context.fresh("again")),
    ...(await context.fresh("lazily")),
    disk: bytes(await bytesOnDisk(context.directory)),
  };
}

/** @type {Part} */
async function fill(contender, context) {
  const store = await openEvents(contender, context.directory);
  await appendMany(store, taskGraphEvents(context.count(100_000)));
  await store.close();
  return {};
}

/** @type {Part} */
async function replay(contender, context) {
  const { time, events } = await timedReplay(contender, context);
  const expected = context.input ? taskGraphEvents(context.count(100_000)) : undefined;
  if (expected && !isDeepStrictEqual(events, expected))
    throw new Error("the events are not those that were appended");
  return { replay: milliseconds(time) };
}

/** @type {Part} */
async function again(contender, context) {
  const times = [];
  for (let round = 0; round <= TIMES_AGAIN; round += 1)
    times.push((await timedReplay(contender, context)).time);
  return { "replay again": milliseconds(median(times.slice(1))) };
}

/** @param {import("../contenders/contract.mjs").Contender} contender @param {import("../runner/context.mjs").Context} context */
async function timedReplay(contender, context) {
  const before = performance.now();
  const store = await openEvents(contender, context.directory);
  const events = await store.replay();
  const time = performance.now() - before;
  await store.close();
  return { time, events };
}

/** The engine alone can hand out events without decoding them; for all others there is nothing to measure. @type {Part} */
async function lazily(contender, context) {
  if (!contender.keepsEngine) return {};
  const times = [];
  for (let round = 0; round <= TIMES_AGAIN; round += 1) times.push(await timedWalk(context));
  return {
    "replay as bytes": milliseconds(times[0] ?? Number.NaN),
    "replay as bytes again": milliseconds(median(times.slice(1))),
  };
}

/** @param {import("../runner/context.mjs").Context} context */
async function timedWalk(context) {
  const before = performance.now();
  const engine = await StorageEngine.open(join(context.directory, "engine"), { createIfMissing: false });
  let read = 0;
  for (const event of engine.replayEvents(0, { stream: STREAM })) read += event.data.length > 0 ? 1 : 0;
  const time = performance.now() - before;
  await engine.close();
  if (read !== context.count(100_000)) throw new Error(`${read} events read`);
  return time;
}

/** @type {import("./contract.mjs").Workload} */
export const workload = {
  title: "Replay 100,000 events to plain objects from a closed store",
  contenders: ["ours", "better-sqlite3", "node:sqlite", "lmdb", "classic-level", "json-lines"],
  parts: { run, fill, replay, again, lazily },
};
