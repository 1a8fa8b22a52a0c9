/**
 * A slider over 1,000,000 events of a graph of which at most 1,000 nodes live at once: the state at any of them, and the list of what happened when.
 */
import { graphLife } from "../data/graph-life.mjs";
import { Random } from "../data/random.mjs";
import { NativeTaskGraphEventLog } from "../engine.mjs";
import { milliseconds } from "../measure/figures.mjs";
import { Latencies } from "../measure/latencies.mjs";

/** @typedef {import("./contract.mjs").Part} Part */

const MOST_LIVE = 1000;
const MOMENTS = 1000;
const PAGES = 200;
const SEED = 8;

/** @type {Part} */
async function run(_contender, context) {
  await context.fresh("fill");
  return context.fresh("travel");
}

/** @type {Part} */
async function fill(_contender, context) {
  const log = new NativeTaskGraphEventLog({ rootDir: context.directory });
  let appended = 0;
  for (const event of graphLife(context.count(1_000_000, 5000), MOST_LIVE)) {
    log.append(event);
    appended += 1;
    // As a runtime does between its steps: states are kept then.
    if (appended % 100 === 0) await new Promise(setImmediate);
  }
  await log.close();
  return {};
}

/** @type {Part} */
async function travel(_contender, context) {
  const events = context.count(1_000_000, 5000);
  const random = new Random(SEED);
  const log = new NativeTaskGraphEventLog({ rootDir: context.directory });
  log.replay(1, 1);
  const before = performance.now();
  const first = log.timeline();
  const firstPage = performance.now() - before;
  if (first.length !== 1000) throw new Error(`${first.length} entries`);
  const [states, pages] = [new Latencies(), new Latencies()];
  for (let moment = 0; moment < MOMENTS; moment += 1) {
    const sequenceId = 1 + random.below(events);
    const state = states.time(() => seen(log.stateAt(sequenceId)));
    if (!state || state.nodeCount > MOST_LIVE + 1) throw new Error(`no state at ${sequenceId}`);
    // A slider draws between two of its moments.
    await new Promise(setImmediate);
  }
  for (let page = 0; page < PAGES; page += 1) {
    const after = random.below(events - 1000);
    pages.time(() => log.timeline({ after }));
  }
  await log.close();
  return {
    "state at a moment": states.summary(),
    "a page of the timeline": pages.summary(),
    "the timeline's first page": milliseconds(firstPage),
  };
}

/**
 * A state with all its nodes and edges, which are made when they are looked at.
 *
 * @param {ReturnType<NativeTaskGraphEventLog["stateAt"]>} state
 */
function seen(state) {
  return state && { ...state.stats, made: [state.nodes, state.edges] };
}

/** @type {import("./contract.mjs").Workload} */
export const workload = {
  title: "Look back into 1,000,000 events of a graph with 1,000 nodes",
  contenders: ["ours"],
  parts: { run, fill, travel },
};
