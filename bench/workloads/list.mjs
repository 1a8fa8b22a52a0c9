/**
 * (g) `list` with a limit of 10 over 100, 1,000 and 10,000 checkpoints: what is listed must cost what is returned, not what is stored.
 *
 * Constraint: few checkpoints would stay in the engine's log, whose rows are in memory, so its store is compacted first: as many files are to be
 * read for few as for many.
 */
import { join } from "node:path";
import { Bench } from "tinybench";
import { tinyCheckpoints } from "../data/tiny-checkpoints.mjs";
import { StorageEngine } from "../engine.mjs";
import { milliseconds, series } from "../measure/figures.mjs";
import { openCheckpoints } from "./saves.mjs";

const SIZES = [100, 1000, 10_000];
const LIMIT = 10;

/** @typedef {import("./contract.mjs").Contender} Contender */
/** @typedef {import("../contenders/contract.mjs").CheckpointStore} CheckpointStore */

/** @param {Contender} contender @param {string} directory @param {number} size */
async function fill(contender, directory, size) {
  const store = await openCheckpoints(contender, directory);
  await store.saveAll(tinyCheckpoints(0, size));
  await store.close();
  if (!contender.keepsEngine) return;
  const engine = await StorageEngine.open(join(directory, "engine"));
  await engine.compact();
  await engine.close();
}

/** @param {CheckpointStore} store */
async function listNewest(store) {
  const listed = await store.list(LIMIT);
  if (listed.length !== LIMIT) throw new Error(`${listed.length} listed instead of ${LIMIT}`);
}

/** The median time of what `call` does, in milliseconds; it gives what is to be closed, which is not timed. @param {() => Promise<CheckpointStore>} call */
async function medianTime(call) {
  /** @type {CheckpointStore | undefined} */
  let opened;
  const bench = new Bench({ time: 300, iterations: 20, warmupTime: 50, throws: true });
  const list = async () => {
    opened = await call();
  };
  bench.add("list", list, { afterEach: () => opened?.close() });
  await bench.run();
  const result = bench.tasks[0]?.result;
  if (!result || !("latency" in result)) throw new Error("the list was not timed");
  return result.latency.p50;
}

/** @param {Contender} contender @param {string} directory */
async function listsOf(contender, directory) {
  const listFromNew = async () => {
    const store = await openCheckpoints(contender, directory);
    await listNewest(store);
    return store;
  };
  const opening = await medianTime(listFromNew);
  if (!contender.keepsEngine) return { opening };
  // Another storage of the process has the engine open, as it is until that has been idle for some seconds.
  const keeper = await listFromNew();
  const beside = await medianTime(listFromNew);
  await keeper.close();
  return { opening, beside };
}

/** @type {import("./contract.mjs").Part} */
async function run(contender, context) {
  /** @type {[number, number][]} */
  const openings = [];
  /** @type {[number, number][]} */
  const besides = [];
  for (const size of SIZES.map((full) => context.count(full, 20))) {
    const directory = await context.subdirectory(String(size));
    await fill(contender, directory, size);
    const { opening, beside } = await listsOf(contender, directory);
    openings.push([size, opening]);
    if (beside !== undefined) besides.push([size, beside]);
  }
  const last = { "open and list": milliseconds(openings.at(-1)?.[1] ?? Number.NaN) };
  const figures = { ...last, "open and list by number": series("ms", openings) };
  if (besides.length === 0) return figures;
  const ofLast = milliseconds(besides.at(-1)?.[1] ?? Number.NaN);
  return {
    ...figures,
    "list from a new storage": ofLast,
    "list from a new storage by number": series("ms", besides),
  };
}

/** @type {import("./contract.mjs").Workload} */
export const workload = {
  title: "List the newest 10 of 10,000 checkpoints from a storage made a moment ago",
  contenders: ["ours", "messagepack-files", "better-sqlite3", "node:sqlite", "lmdb", "classic-level"],
  parts: { run },
};
