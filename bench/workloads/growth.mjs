/**
 * (m) What an append, a save, a load, a list and an opening cost at 10³, 10⁴, 10⁵ and 10⁶ records of each family.
 *
 * Constraints: one store grows from each size to the next, and is measured by a fresh process at each. The checkpoints have 1 kB and ids of their own. A cost is the
 * median of its calls, but for the opening, which is one.
 */
import { repeatedEvents, taskGraphEvents } from "../data/events.mjs";
import { Random } from "../data/random.mjs";
import { tinyCheckpoint, tinyCheckpoints, tinyId } from "../data/tiny-checkpoints.mjs";
import { amountOf, milliseconds, series } from "../measure/figures.mjs";
import { Latencies } from "../measure/latencies.mjs";
import { appendEach, appendMany, openEvents } from "./event-store.mjs";
import { openCheckpoints } from "./saves.mjs";

/** @typedef {import("./contract.mjs").Part} Part */
/** How many records of each family there are, and how many there are to be. @typedef {{ events: number, checkpoints: number, size: number }} Sizes */

const SIZES = [1e3, 1e4, 1e5, 1e6];
const MADE = 20_000;
const APPENDS = 1000;
const CALLS = 100;
const CHUNK = 10_000;
const COSTS = ["append", "save", "load", "list", "open"];

/** @type {Part} */
async function fill(contender, context) {
  const { events, checkpoints, size } = /** @type {Sizes} */ (context.input);
  const [log, storage] = [
    await openEvents(contender, context.directory),
    await openCheckpoints(contender, context.directory),
  ];
  await appendMany(log, repeatedEvents(taskGraphEvents(MADE), events + 1, size + 1));
  await log.close();
  for (let first = checkpoints; first < size; first += CHUNK) {
    await storage.saveAll(tinyCheckpoints(first, Math.min(size, first + CHUNK)));
  }
  await storage.close();
  return {};
}

/** Leaves the store as it was but for some records more, which the next size counts in. @type {Part} */
async function measure(contender, context) {
  const { size } = /** @type {Sizes} */ (context.input);
  const events = [...repeatedEvents(taskGraphEvents(MADE), size + 1, size + 1 + APPENDS)];
  const random = new Random(size);
  const before = performance.now();
  const log = await openEvents(contender, context.directory);
  const storage = await openCheckpoints(contender, context.directory);
  await storage.load(tinyId(0));
  const open = performance.now() - before;
  const [append, save, load, list] = [new Latencies(), new Latencies(), new Latencies(), new Latencies()];
  await appendEach(log, events, append);
  for (let call = 0; call < CALLS; call += 1) {
    await load.timeLater(() => storage.load(tinyId(random.below(size))));
    await list.timeLater(() => storage.list(10));
    await save.timeLater(() => storage.save(tinyCheckpoint(size + call)));
  }
  await log.close();
  await storage.close();
  const medians = Object.entries({ append, save, load, list }).map(
    ([name, latencies]) => /** @type {const} */ ([name, milliseconds(latencies.summary().p50 / 1e6)]),
  );
  return { ...Object.fromEntries(medians), open: milliseconds(open) };
}

/** @type {Part} */
async function run(_contender, context) {
  /** @type {Map<string, [number, number][]>} */
  const costs = new Map(COSTS.map((cost) => [cost, []]));
  let filled = { events: 0, checkpoints: 0 };
  for (const size of new Set(SIZES.map((full) => Math.min(full, context.count(1e6, 1e3))))) {
    const input = { ...filled, size };
    await context.fresh("fill", { input });
    const figures = await context.fresh("measure", { input });
    for (const [cost, points] of costs) points.push([size, amountOf(figures, cost)]);
    filled = { events: size + APPENDS, checkpoints: size + CALLS };
  }
  return Object.fromEntries([...costs].map(([cost, points]) => [cost, series("ms", points)]));
}

/** @type {import("./contract.mjs").Workload} */
export const workload = {
  title: "What each call costs as records grow in number",
  contenders: ["ours", "better-sqlite3"],
  parts: { run, fill, measure },
};
