/**
 * Moments of a graph that are not told by a `sequenceId` of the current run: that of a checkpoint, and those of earlier runs.
 *
 * What a checkpoint and the events share is the store's order, and each of them takes its place there at another time.
 */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { NativeCheckpointStorage } from "../src/compat/checkpoints/native-checkpoint-storage.js";
import type { TaskGraphState } from "../src/compat/task-graph/graph-state.js";
import { NativeTaskGraphEventLog } from "../src/compat/task-graph/native-task-graph-event-log.js";
import { newDirectory } from "./support/directories.js";
import { checkpoint, event } from "./support/runtime-shapes.js";

let storage: NativeCheckpointStorage;
let log: NativeTaskGraphEventLog;

beforeEach(() => {
  const rootDir = newDirectory();
  storage = new NativeCheckpointStorage({ rootDir });
  log = new NativeTaskGraphEventLog({ rootDir });
});

afterEach(() => Promise.all([storage.close(), log.close()]));

/** Appends the creation of a node each. */
function create(...sequenceIds: number[]): void {
  for (const id of sequenceIds) {
    const node = { id: `node-${id}`, type: "subtask", title: `Step ${id}`, status: "pending", dependsOn: [] };
    log.append({ ...event(id, "", { node }), type: "node_created" });
  }
}

function nodesOf(state: TaskGraphState | null): string[] | null {
  return state?.nodes.map(({ id }) => id) ?? null;
}

describe("stateAtCheckpoint", () => {
  it("is that of the moment at which the save was called, not of that at which it was done", async () => {
    create(1, 2);
    const saving = storage.save(checkpoint("agent", { task: "x".repeat(2_000_000) }));
    create(3);
    await saving;
    create(4);
    expect(nodesOf(log.stateAtCheckpoint("agent"))).toStrictEqual(["node-1", "node-2"]);
  });

  it("is that of each version", async () => {
    for (const id of [1, 2, 3]) {
      create(id);
      await storage.save(checkpoint("agent", { currentStep: id }));
    }
    const states = [1, 2, 3].map((version) => nodesOf(log.stateAtCheckpoint("agent", version))?.length);
    expect(states).toStrictEqual([1, 2, 3]);
    expect(log.stateAtCheckpoint("agent")).toStrictEqual(log.stateAtCheckpoint("agent", 3));
    expect(log.stateAtCheckpoint("agent", 4)).toBeNull();
    expect(log.stateAtCheckpoint("other")).toBeNull();
  });

  it("is of the run that there was then", async () => {
    create(1, 2, 3);
    await storage.save(checkpoint("first"));
    create(2);
    await storage.save(checkpoint("forked"));
    create(1);
    await storage.save(checkpoint("restarted"));
    expect(nodesOf(log.stateAtCheckpoint("first"))).toStrictEqual(["node-1", "node-2", "node-3"]);
    expect(nodesOf(log.stateAtCheckpoint("forked"))).toStrictEqual(["node-1", "node-2"]);
    expect(nodesOf(log.stateAtCheckpoint("restarted"))).toStrictEqual(["node-1"]);
  });

  it("is null where nothing is retained of what came before", async () => {
    await storage.save(checkpoint("early"));
    create(1, 2);
    await storage.save(checkpoint("pruned"));
    create(3);
    await storage.save(checkpoint("late"));
    log.prune(3);
    expect(log.stateAtCheckpoint("early")).toBeNull();
    expect(log.stateAtCheckpoint("pruned")).toBeNull();
    expect(nodesOf(log.stateAtCheckpoint("late"))).toStrictEqual(["node-1", "node-2", "node-3"]);
  });

  it("refuses what is no id and no version", () => {
    const refused = expect.objectContaining({ code: "ERR_STORAGE_INVALID_ARGUMENT" });
    expect(() => log.stateAtCheckpoint("")).toThrow(refused);
    expect(() => log.stateAtCheckpoint("agent", 0)).toThrow(refused);
    expect(() => log.stateAtCheckpoint(7 as never)).toThrow(refused);
  });
});

describe("a run that is looked back at", () => {
  beforeEach(() => {
    create(1, 2, 3);
    create(2, 3, 4);
  });

  it("is listed with its parent and where it goes on from there", () => {
    const at = (sequenceId: number) => ({ sequenceId, timestamp: event(sequenceId).timestamp });
    expect(log.runs()).toStrictEqual([
      { run: 1, parent: null, forkedAt: null, eventCount: 3, first: at(1), last: at(3), isCurrent: false },
      { run: 2, parent: 1, forkedAt: 1, eventCount: 3, first: at(2), last: at(4), isCurrent: true },
    ]);
  });

  it("answers as it did when it was the current one", () => {
    expect(log.replay(1, undefined, { run: 1 }).map(({ sequenceId }) => sequenceId)).toStrictEqual([1, 2, 3]);
    expect(log.timeline({ run: 1 }).map(({ sequenceId }) => sequenceId)).toStrictEqual([1, 2, 3]);
    expect(nodesOf(log.rehydrate({ run: 1 }))).toStrictEqual(["node-1", "node-2", "node-3"]);
    expect(log.stateAt(4, { run: 1 })).toBeNull();
    expect(log.diff(1, 3, { run: 1 })?.nodes.added).toHaveLength(2);
    expect(log.rehydrate({ run: 2 })).toStrictEqual(log.rehydrate());
  });

  it("has no events where it never was", () => {
    expect(log.replay(1, undefined, { run: 3 })).toStrictEqual([]);
    expect(log.timeline({ run: 3 })).toStrictEqual([]);
    expect(log.rehydrate({ run: 3 })).toBeNull();
    expect(log.stateAt(1, { run: 3 })).toBeNull();
  });

  it("is not there any more once all that is its own was pruned", () => {
    log.prune(3);
    expect(log.runs().map(({ run, parent }) => [run, parent])).toStrictEqual([[2, null]]);
    expect(log.rehydrate({ run: 1 })).toBeNull();
  });

  it.each([{ run: 0 }, { run: 1.5 }, { run: "1" }, { Run: 1 }, 1])("is not named by %j", (options) => {
    const refused = expect.objectContaining({ code: "ERR_STORAGE_INVALID_ARGUMENT" });
    expect(() => log.rehydrate(options as never)).toThrow(refused);
    expect(() => log.replay(1, 1, options as never)).toThrow(refused);
  });
});

it("a log that was never used has no runs", () => {
  expect(log.runs()).toStrictEqual([]);
});
