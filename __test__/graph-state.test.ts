/** A state as an object: its events are read when they are looked at, however that is done. */
import { setImmediate as nextTurn } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { TaskGraphState } from "../src/compat/task-graph/graph-state.js";
import { NativeTaskGraphEventLog } from "../src/compat/task-graph/native-task-graph-event-log.js";
import type { TaskGraphEvent } from "../src/types.js";
import { newDirectory } from "./support/directories.js";
import { event } from "./support/runtime-shapes.js";

let log: NativeTaskGraphEventLog;
const appended = [event(1), event(2), event(3)];

beforeEach(() => {
  log = new NativeTaskGraphEventLog({ rootDir: newDirectory() });
  for (const each of appended) log.append(each);
});

afterEach(() => log.close());

const ways: [string, (state: TaskGraphState) => TaskGraphEvent[]][] = [
  ["itself", (state) => state.events],
  ["frozen", (state) => Object.freeze(state).events],
  ["through a proxy", (state) => new Proxy(state, {}).events],
  ["through one that inherits from it", (state) => Object.create(state).events],
  ["spread", (state) => ({ ...state }).events],
  ["cloned", (state) => structuredClone(state).events],
  ["as JSON", (state) => JSON.parse(JSON.stringify(state)).events],
];

it.each(ways)("has its events, %s", (_way, eventsOf) => {
  expect(eventsOf(log.rehydrate() as TaskGraphState)).toStrictEqual(appended);
});

it("shows nothing but what a snapshot has", () => {
  const state = log.rehydrate() as TaskGraphState;
  const names = ["graphId", "run", "nodes", "edges", "checkpoint", "stats", "events"];
  expect(Object.keys(state)).toStrictEqual(names);
  expect(Reflect.ownKeys({ ...structuredClone(state) })).toStrictEqual(names);
  expect(state).toStrictEqual({ ...state });
});

it("keeps events that were set, and does not read them again", () => {
  const state = log.rehydrate() as TaskGraphState;
  state.events = [];
  expect(state.events).toStrictEqual([]);
  const other = log.rehydrate() as TaskGraphState;
  other.events.push(event(4));
  expect(other.events).toHaveLength(4);
});

/** Catches what V8 keeps with the shape of a state: garbage that survives until the whole heap is collected. */
it("is given back by a collection of what is young", async () => {
  setFlagsFromString("--expose-gc");
  const gc = runInNewContext("gc") as (options?: { type: "minor" }) => void;
  for (let id = 4; id < 2000; id += 1) {
    const node = { id: `node-${id}`, type: "subtask", title: `Step ${id}`, status: "pending", dependsOn: [] };
    log.append({ ...event(id, "", { node }), type: "node_created" });
  }
  const grownBy = async (states: number): Promise<number> => {
    gc();
    const before = process.memoryUsage().heapUsed;
    for (let count = 0; count < states; count += 1) {
      // An expectation would keep the state.
      if (log.rehydrate()?.nodes.length !== 1996) throw new Error("another state");
      await nextTurn();
      for (let times = 0; times < 3; times += 1) gc({ type: "minor" });
    }
    return process.memoryUsage().heapUsed - before;
  };
  const [few, many] = [await grownBy(5), await grownBy(30)];
  expect(many).toBeLessThan(few + 5_000_000);
});
