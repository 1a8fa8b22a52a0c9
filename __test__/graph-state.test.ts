/** A state as an object: its parts are made when they are looked at, however that is done. */
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { TaskGraphState } from "../src/compat/task-graph/graph-state.js";
import { NativeTaskGraphEventLog } from "../src/compat/task-graph/native-task-graph-event-log.js";
import { StorageEngine } from "../src/engine.js";
import { encodeEvent } from "../src/stored/event.js";
import type { TaskGraphEvent, TaskGraphNode } from "../src/types.js";
import { newDirectory } from "./support/directories.js";
import { event } from "./support/runtime-shapes.js";

let log: NativeTaskGraphEventLog;
const appended = [event(1), event(2), event(3)];

beforeEach(() => {
  log = new NativeTaskGraphEventLog({ rootDir: newDirectory() });
  appendAll(appended);
});

afterEach(() => log.close());

function appendAll(events: TaskGraphEvent[]): void {
  for (const each of events) log.append(each);
}

type Parts = Pick<TaskGraphState, "nodes" | "edges" | "events">;

const node = (id: number): TaskGraphNode => {
  const now = event(id).timestamp;
  const times = { createdAt: now, updatedAt: now, lastAccessedAt: now };
  return {
    id: `node-${id}`,
    type: "subtask",
    title: `Step ${id}`,
    status: "pending",
    dependsOn: [],
    ...times,
  };
};

/** As libraries that watch objects do it. */
function throughProxies<T extends object>(target: T): T {
  const wrapped = (value: unknown): unknown =>
    typeof value === "object" && value !== null ? throughProxies(value) : value;
  return new Proxy(target, { get: (of, name, receiver) => wrapped(Reflect.get(of, name, receiver)) });
}

const ways: [string, (state: TaskGraphState) => Parts][] = [
  ["itself", (state) => state],
  ["frozen", (state) => Object.freeze(state)],
  ["sealed", (state) => Object.seal(state)],
  ["through a proxy", (state) => new Proxy(state, {})],
  ["through a proxy of all that is in it", throughProxies],
  [
    "with its descriptors",
    (state) => Object.defineProperties({}, Object.getOwnPropertyDescriptors(state)) as Parts,
  ],
  ["through one that inherits from it", (state) => Object.create(state)],
  ["spread", (state) => ({ ...state })],
  ["cloned", (state) => structuredClone(state)],
  ["as JSON", (state) => JSON.parse(JSON.stringify(state))],
];

it.each(ways)("has its parts, %s", (_way, partsOf) => {
  const edge = { from: "node-4", to: "node-4", type: "blocks" } as const;
  appendAll([
    { ...event(4, "", { node: node(4) }), type: "node_created" },
    { ...event(5, "", { updateType: "edge_added", edge }), type: "node_updated" },
  ]);
  const parts = partsOf(log.rehydrate() as TaskGraphState);
  const touched = { ...node(4), lastAccessedAt: event(5).timestamp };
  // Twice, since a frozen state is asked each time.
  for (let times = 0; times < 2; times += 1) {
    expect(parts.nodes).toStrictEqual([touched]);
    expect(parts.edges).toStrictEqual([edge]);
    expect(parts.events).toStrictEqual(log.replay(1));
  }
});

it("keeps its nodes and edges when the log is closed, and when others are read", async () => {
  const state = log.rehydrate() as TaskGraphState;
  appendAll([{ ...event(4, "", { node: node(4) }), type: "node_created" }]);
  const later = log.rehydrate() as TaskGraphState;
  await log.close();
  expect(later.nodes).toStrictEqual([node(4)]);
  expect([state.nodes, state.edges]).toStrictEqual([[], []]);
  expect(state.nodes).toBe(state.nodes);
  expect(() => state.events).toThrow(expect.objectContaining({ code: "ERR_STORAGE_CLOSED" }));
});

it("has more nodes than cross at once, in order", () => {
  const ids = Array.from({ length: 10_000 }, (_, index) => index + 4);
  appendAll(ids.map((id) => ({ ...event(id, "", { node: node(id) }), type: "node_created" })));
  const { nodes } = log.rehydrate() as TaskGraphState;
  expect(nodes.map(({ id }) => id)).toStrictEqual(ids.map((id) => `node-${id}`));
});

it("shows nothing but what a snapshot has", () => {
  const state = log.rehydrate() as TaskGraphState;
  const names = ["graphId", "run", "nodes", "edges", "checkpoint", "stats", "events"];
  expect(Object.keys(state)).toStrictEqual(names);
  expect(Reflect.ownKeys({ ...structuredClone(state) })).toStrictEqual(names);
  expect(state).toStrictEqual({ ...state });
});

it("keeps parts that were set, and does not make them again", () => {
  const state = log.rehydrate() as TaskGraphState;
  Object.assign(state, { nodes: [node(7)], edges: [], events: [] });
  expect([state.nodes, state.edges, state.events]).toStrictEqual([[node(7)], [], []]);
  const other = log.rehydrate() as TaskGraphState;
  other.events.push(event(4));
  expect(other.events).toHaveLength(4);
});

it("makes its parts although a copy that shares them has made its own", () => {
  appendAll([{ ...event(4, "", { node: node(4) }), type: "node_created" }]);
  const state = log.rehydrate() as TaskGraphState;
  const copy = Object.defineProperties({}, Object.getOwnPropertyDescriptors(state)) as TaskGraphState;
  const heir = Object.create(state) as TaskGraphState;
  for (const each of [copy, heir, state]) expect(each.nodes).toStrictEqual([node(4)]);
});

it("refuses a part that is set when it is frozen", () => {
  const state = Object.freeze(log.rehydrate() as TaskGraphState);
  expect(() => Object.assign(state, { nodes: [] })).toThrow(TypeError);
});

it("tells at each look why a part cannot be made", async () => {
  const rootDir = newDirectory();
  // What is no MessagePack that we write: an extension that nobody knows.
  const created = encodeEvent({ ...event(1, "", { node: node(1) }), type: "node_created" }, 1e6);
  const title = created.indexOf("Step 1");
  const odd = Buffer.concat([
    created.subarray(0, title - 1),
    Buffer.of(0xc7, 0x01, 0x63, 0x00),
    created.subarray(title + "Step 1".length),
  ]);
  const engine = StorageEngine.openSync(join(rootDir, "engine"));
  engine.appendEvent(odd, "task-graph");
  await engine.close();
  const other = new NativeTaskGraphEventLog({ rootDir });
  const state = other.rehydrate() as TaskGraphState;
  expect(state.stats.nodeCount).toBe(1);
  for (let look = 0; look < 2; look += 1) {
    expect(() => state.nodes).toThrow(expect.objectContaining({ code: "ERR_STORAGE_CORRUPT" }));
  }
  await other.close();
});

/** Catches states that nobody looks at, which pile up while the event loop does not turn. */
it("leaves room for many that nobody has looked at", () => {
  const nodes = Array.from({ length: 2000 }, (_, index) => ({ ...node(index), title: "x".repeat(1000) }));
  appendAll(nodes.map((node, index) => ({ ...event(index + 4, "", { node }), type: "node_created" })));
  const before = process.memoryUsage.rss();
  // Of 2.5 MB each.
  for (let states = 0; states < 300; states += 1) {
    if (log.rehydrate()?.stats.nodeCount !== nodes.length) throw new Error("another state");
  }
  expect(process.memoryUsage.rss() - before).toBeLessThan(400_000_000);
});

it("keeps nothing of nodes that others were put in place of", async () => {
  setFlagsFromString("--expose-gc");
  const gc = runInNewContext("gc") as () => void;
  appendAll([{ ...event(4, "", { node: node(4) }), type: "node_created" }]);
  const state = log.rehydrate() as TaskGraphState;
  const replaced = new WeakRef(state.nodes);
  state.nodes = [];
  await nextTurn();
  gc();
  expect(replaced.deref()).toBeUndefined();
  expect(state.nodes).toStrictEqual([]);
});

/** Catches what V8 keeps with the shape of a state: garbage that survives until the whole heap is collected. */
it("is given back by a collection of what is young", async () => {
  setFlagsFromString("--expose-gc");
  const gc = runInNewContext("gc") as (options?: { type: "minor" }) => void;
  for (let id = 4; id < 2000; id += 1) {
    log.append({ ...event(id, "", { node: node(id) }), type: "node_created" });
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
