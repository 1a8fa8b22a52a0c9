/**
 * (a) 64 appenders at once, each waiting until its event is durable before it appends the next.
 */
import { taskGraphEvents } from "../data/events.mjs";
import { perSecond } from "../measure/figures.mjs";
import { Latencies } from "../measure/latencies.mjs";
import { openEvents } from "./event-store.mjs";

const APPENDERS = 64;

/** @type {import("./contract.mjs").Workload} */
export const workload = {
  title: "64 appenders, each waiting until its event is durable",
  contenders: ["ours", "better-sqlite3", "node:sqlite", "lmdb", "classic-level", "json-lines"],
  rounds: { figure: "durable events", count: 2 },
  parts: {
    async run(contender, context) {
      const events = taskGraphEvents(context.count(20_000, 640));
      const store = await openEvents(contender, context.directory, "shared");
      const latencies = new Latencies();
      const waiting = events.values();
      const appender = async () => {
        for (const event of waiting) await latencies.timeLater(() => store.append(event));
      };
      const before = performance.now();
      await Promise.all(Array.from({ length: APPENDERS }, appender));
      const seconds = (performance.now() - before) / 1000;
      await store.close();
      return { "durable events": perSecond(events.length / seconds), append: latencies.summary() };
    },
  },
};
