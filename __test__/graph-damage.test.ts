/**
 * Looking back into a log that was repaired or is damaged, and changes of a run that come between each other.
 *
 * The bugs it would catch: an event that is missing in the middle taken for one that is too early, so that a later state passes for an earlier one and a prune takes more than it was told;
 * superseded events in a timeline that stand in for lost ones; a fork that fails because of damage it does not touch; a run table that was decided before another handle's prune.
 */
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { nativeBinding } from "../src/binding.js";
import { NativeCheckpointStorage } from "../src/compat/checkpoints/native-checkpoint-storage.js";
import { NativeTaskGraphEventLog } from "../src/compat/task-graph/native-task-graph-event-log.js";
import { StorageEngine } from "../src/engine.js";
import { damage } from "./support/damage.js";
import { newDirectory } from "./support/directories.js";
import { checkpoint, event } from "./support/runtime-shapes.js";

let rootDir: string;
let engine: string;
let log: NativeTaskGraphEventLog;

beforeEach(() => {
  rootDir = newDirectory();
  engine = join(rootDir, "engine");
  log = new NativeTaskGraphEventLog({ rootDir });
});

afterEach(async () => {
  vi.restoreAllMocks();
  await log.close();
});

function append(from: number, to: number, mark = ""): void {
  for (let id = from; id <= to; id += 1) log.append({ ...event(id, mark), nodeId: `node ${id}${mark};` });
}

/** Damages the events about nodes that are called so, and lets them be given up. */
async function lose(...nodes: string[]): Promise<void> {
  await log.close();
  for (const node of nodes) damage(engine, `${node};`);
  await StorageEngine.repair(engine);
  log = new NativeTaskGraphEventLog({ rootDir });
}

describe("events that were lost", () => {
  it("do not make an early moment of a checkpoint a late one", async () => {
    const storage = new NativeCheckpointStorage({ rootDir });
    append(1, 10);
    await storage.save(checkpoint("agent"));
    await storage.close();
    append(11, 200);
    await lose(...Array.from({ length: 9 }, (_, index) => `node ${100 + index}`));
    expect(log.stateAtCheckpoint("agent")?.stats.lastSequenceId).toBe(10);
  });

  it("are no reason to prune or to supersede others", async () => {
    append(501, 600);
    await lose("node 548", "node 549", "node 550", "node 551", "node 552");
    expect(log.replay(511)[0]?.sequenceId).toBe(511);
    expect(log.prune(511)).toBe(10);
    append(520, 520, "*");
    expect(log.replay(1).map(({ sequenceId }) => sequenceId)).toStrictEqual([
      511, 512, 513, 514, 515, 516, 517, 518, 519, 520,
    ]);
  });

  it("are not made up for by superseded ones", async () => {
    append(1, 10);
    append(6, 7, "*");
    await lose("node 2", "node 3");
    const idsOf = (run?: number) => log.timeline({ run }).map(({ nodeId }) => nodeId);
    expect(idsOf()).toStrictEqual(log.replay(1).map(({ nodeId }) => nodeId));
    expect(idsOf(1)).toStrictEqual(log.replay(1, 99, { run: 1 }).map(({ nodeId }) => nodeId));
    expect(idsOf(1)).toHaveLength(8);
  });
});

it("a fork needs no event that it does not supersede", async () => {
  append(501, 600);
  await log.close();
  {
    await using store = await StorageEngine.open(engine);
    await store.compact();
  }
  damageStartOfLargest(engine);
  log = new NativeTaskGraphEventLog({ rootDir });
  expect(() => log.replay(501)).toThrow(expect.objectContaining({ code: "ERR_STORAGE_CORRUPT" }));
  append(601, 601);
  append(590, 590, "*");
  append(1, 1, "*");
  expect(log.runs().map(({ eventCount }) => eventCount)).toStrictEqual([101, 1, 1]);
});

function damageStartOfLargest(directory: string): void {
  const runs = readdirSync(directory).filter((name) => name.endsWith(".run"));
  const paths = runs.map((name) => join(directory, name));
  const largest = paths.reduce((left, right) => (statSync(left).size > statSync(right).size ? left : right));
  const bytes = readFileSync(largest);
  bytes.writeUInt8(bytes.readUInt8(200) ^ 1, 200);
  writeFileSync(largest, bytes);
}

describe("changes that come between each other", () => {
  /** Does something else right before the next change is committed. */
  function meanwhile(something: () => void): void {
    const { prototype } = nativeBinding().NativeStore;
    const commit = prototype.commitSync;
    vi.spyOn(prototype, "commitSync").mockImplementationOnce(function (this: typeof prototype, ops) {
      something();
      return commit.call(this, ops);
    });
  }

  it("a prune is decided anew after another one", () => {
    append(1, 20);
    const other = new NativeTaskGraphEventLog({ rootDir });
    meanwhile(() => other.prune(Number.POSITIVE_INFINITY));
    expect(log.prune(2)).toBe(0);
    append(12, 12, "*");
    expect(log.runs().map(({ run, parent }) => [run, parent])).toStrictEqual([[2, null]]);
    expect(log.rehydrate()?.stats.gaps).toStrictEqual([{ from: 1, to: 11 }]);
  });

  it("a fork is decided anew after a prune", () => {
    append(1, 10);
    const other = new NativeTaskGraphEventLog({ rootDir });
    meanwhile(() => other.prune(7));
    append(5, 5, "*");
    expect(log.rehydrate({ run: 1 })?.stats).toMatchObject({ lastSequenceId: 10, gaps: [] });
    expect(log.runs().map(({ run, parent }) => [run, parent])).toStrictEqual([
      [1, null],
      [2, null],
    ]);
  });
});

it("a stream that was made anew has nothing of the old runs", async () => {
  append(1, 5);
  append(3, 3, "*");
  const before = log.rehydrate();
  {
    await using store = await StorageEngine.open(engine);
    store.deleteStream("task-graph");
    store.appendEvent(Buffer.from("raw"), "other");
  }
  expect(log.runs()).toStrictEqual([]);
  append(1, 2, "new");
  append(2, 2, "again");
  expect(before?.events).toStrictEqual([]);
  expect(log.runs().map(({ run, parent, eventCount }) => [run, parent, eventCount])).toStrictEqual([
    [1, null, 2],
    [2, 1, 1],
  ]);
});
