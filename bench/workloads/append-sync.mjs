/**
 * (a) Events appended one at a time, each durable before the next.
 */
import { taskGraphEvents } from "../data/events.mjs";
import { Latencies } from "../measure/latencies.mjs";
import { appendEach, openEvents } from "./event-store.mjs";

const WARM_UP = 50;

/** @type {import("./contract.mjs").Workload} */
export const workload = {
  title: "Append 3,000 events, each durable before the next",
  contenders: ["ours", "floor", "better-sqlite3", "node:sqlite", "lmdb", "classic-level", "json-lines"],
  rounds: { figure: "append", count: 2 },
  parts: {
    async run(contender, context) {
      const events = taskGraphEvents(WARM_UP + context.count(3000));
      const store = await openEvents(contender, context.directory, "sync");
      await appendEach(store, events.slice(0, WARM_UP), new Latencies());
      const latencies = new Latencies();
      await appendEach(store, events.slice(WARM_UP), latencies);
      await store.close();
      return { append: latencies.summary() };
    },
  },
};
