/**
 * (a) 100,000 events appended one at a time in the background mode, encoding included.
 *
 * Constraints: the events are plain objects made before; the first thousand warm the code up and are not counted. Every 256 appends the
 * event loop gets a turn, as an agent's does, so that what a contender leaves to it is done.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import { taskGraphEvents } from "../data/events.mjs";
import { milliseconds } from "../measure/figures.mjs";
import { Latencies } from "../measure/latencies.mjs";
import { appendEach, openEvents } from "./event-store.mjs";

const WARM_UP = 1000;
const BETWEEN_TURNS = 256;

/** @type {import("./contract.mjs").Workload} */
export const workload = {
  title: "Append 100,000 events of 270 bytes, one at a time",
  contenders: ["ours", "floor", "better-sqlite3", "node:sqlite", "lmdb", "classic-level", "json-lines"],
  rounds: { figure: "append", count: 2 },
  parts: {
    async run(contender, context) {
      const events = taskGraphEvents(WARM_UP + context.count(100_000));
      const store = await openEvents(contender, context.directory);
      await appendEach(store, events.slice(0, WARM_UP), new Latencies());
      globalThis.gc?.();
      const latencies = new Latencies();
      const before = performance.now();
      for (let first = WARM_UP; first < events.length; first += BETWEEN_TURNS) {
        await appendEach(store, events.slice(first, first + BETWEEN_TURNS), latencies);
        await nextTurn();
      }
      const total = performance.now() - before;
      await store.close();
      return { append: latencies.summary(), "all appends": milliseconds(total) };
    },
  },
};
