/** The drop-in for the task graph's log: runs, forks, gaps, prunes. */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { NativeTaskGraphEventLog } from "../src/compat/task-graph/native-task-graph-event-log.js";
import { StorageEngine } from "../src/engine.js";
import type { TaskGraphEvent } from "../src/types.js";
import { newDirectory } from "./support/directories.js";
import { event } from "./support/runtime-shapes.js";

let rootDir: string;
let log: NativeTaskGraphEventLog;
beforeEach(() => {
  rootDir = join(newDirectory(), "session");
  log = new NativeTaskGraphEventLog({ rootDir });
});
afterEach(() => log.close());

/** Appends events; `5*` is the event 5, told apart by its mark. */
function append(given: string): void {
  for (const word of given.split(" ").filter(Boolean)) {
    const sequenceId = Number.parseInt(word, 10);
    expect(log.append(event(sequenceId, word.slice(String(sequenceId).length)))).toBe(sequenceId);
  }
}

/** What is replayed, in the same words. */
function replayed(from = 1, limit?: number): string {
  const events = log.replay(from, limit);
  return events.map(({ id }) => id.slice("event-".length)).join(" ");
}

/** A new handle, as a new process has: nothing is remembered. */
async function reopen(): Promise<void> {
  await log.close();
  log = new NativeTaskGraphEventLog({ rootDir });
}

describe("where there is no log", () => {
  it("nothing is found, and nothing is made", () => {
    expect(log.replay(1)).toStrictEqual([]);
    expect(log.prune(100)).toBe(0);
    expect(existsSync(rootDir)).toBe(false);
  });
});

/** Name, what is appended, what the current run then is. */
const runs: [string, string, string][] = [
  ["one run", "1 2 3", "1 2 3"],
  ["a first event that is not the first", "501 502", "501 502"],
  ["a gap is kept", "1 2 5 6", "1 2 5 6"],
  ["a gap of any size", "1 9007199254740991", "1 9007199254740991"],
  ["a restart is a new run", "1 2 3 1* 2*", "1* 2*"],
  ["a restart after one event", "1 1*", "1*"],
  ["a fork: what it supersedes is no part of the run", "1 2 3 4 5 3* 4*", "1 2 3* 4*"],
  ["a fork at the last event", "1 2 3 3*", "1 2 3*"],
  ["a fork of a fork, further back", "1 2 3 4 3* 4* 5* 2+ 3+", "1 2+ 3+"],
  ["a fork of a fork, inside it", "1 2 3 4 3* 4* 5* 5+", "1 2 3* 4* 5+"],
  ["a fork into a gap", "1 2 9 10 5*", "1 2 5*"],
  ["a fork behind a gap", "1 2 9 10 11 10*", "1 2 9 10*"],
  ["a fork and a gap", "1 2 3 4 3* 7*", "1 2 3* 7*"],
  ["a restart after forks", "1 2 3 2* 3* 1+ 2+", "1+ 2+"],
  ["a fork in a second run", "1 2 3 1* 2* 3* 2+", "1* 2+"],
  ["a step back to before the first event", "501 502 400*", "400*"],
];

describe("the current run", () => {
  it.each(runs)("%s", async (_name, given, expected) => {
    append(given);
    expect(replayed()).toBe(expected);
    await reopen();
    expect(replayed()).toBe(expected);
    for (const from of [0, 1, 2, 3, 4, 5, 6, 501]) {
      const later = expected.split(" ").filter((word) => Number.parseInt(word, 10) >= from);
      expect(replayed(from)).toBe(later.join(" "));
      expect(replayed(from, 2)).toBe(later.slice(0, 2).join(" "));
    }
  });

  it.each(runs)("goes on after reopening between any two events: %s", async (_name, given, expected) => {
    for (const word of given.split(" ")) {
      append(word);
      await reopen();
    }
    expect(replayed()).toBe(expected);
  });
});

/** Name, what is appended, where it is pruned, how many go, what is left, what the engine still holds. */
const prunes: [string, string, number, number, string, number][] = [
  ["inside one run", "1 2 3 4 5", 3, 2, "3 4 5", 3],
  ["at a fraction", "1 2 3 4 5", 2.5, 2, "3 4 5", 3],
  ["nothing", "1 2 3", 1, 0, "1 2 3", 3],
  ["nothing below zero", "1 2 3", -5, 0, "1 2 3", 3],
  ["everything", "1 2 3", 4, 3, "", 0],
  ["everything and more", "1 2 3", Infinity, 3, "", 0],
  ["in a gap", "1 2 9 10", 5, 2, "9 10", 2],
  ["before the first", "501 502", 400, 0, "501 502", 2],
  ["what came before the run goes with it", "1 2 3 1* 2* 3*", 2, 1, "2* 3*", 2],
  ["an earlier run stays while nothing of the current one goes", "1 2 3 1* 2*", 1, 0, "1* 2*", 5],
  ["before a fork: what it superseded stays", "1 2 3 4 5 4* 5*", 3, 2, "3 4* 5*", 5],
  ["at a fork: what it superseded goes, and is not counted", "1 2 3 4 5 4* 5*", 4, 3, "4* 5*", 2],
  ["inside a fork", "1 2 3 4 5 4* 5*", 5, 4, "5*", 1],
  ["a forked run whole", "1 2 3 4 5 4* 5*", 6, 5, "", 0],
];

describe("prune", () => {
  it.each(prunes)("%s", async (_name, given, before, count, left, held) => {
    append(given);
    expect(log.prune(before)).toBe(count);
    expect(replayed()).toBe(left);
    expect(log.prune(before)).toBe(0);
    await reopen();
    expect(replayed()).toBe(left);
    await log.close();
    expect(heldByEngine("task-graph")).toBe(held);
  });

  it.each([
    ["goes on", "6 7", "6 7"],
    ["leaves a gap", "9", "9"],
    ["steps back", "3* 4*", "3* 4*"],
    ["starts again", "1* 2*", "1* 2*"],
  ])("of everything: the run %s", async (_name, given, expected) => {
    append("1 2 3 4 5");
    expect(log.prune(6)).toBe(5);
    await reopen();
    append(given);
    expect(replayed()).toBe(expected);
    expect(log.prune(Infinity)).toBe(expected.split(" ").length);
  });

  it("then a fork from before the oldest event that is left", async () => {
    append("1 2 3 4 5 6");
    log.prune(4);
    append("2* 3*");
    expect(replayed()).toBe("2* 3*");
    await reopen();
    expect(replayed()).toBe("2* 3*");
  });

  it("the runtime's compaction: prune, then append what says so", () => {
    for (let sequenceId = 1; sequenceId <= 500; sequenceId += 1) {
      log.append(event(sequenceId));
      if (sequenceId % 50 === 0 && sequenceId > 50) expect(log.prune(sequenceId - 49)).toBe(50);
    }
    expect(log.replay(1)).toHaveLength(50);
    expect(log.replay(495).map(({ sequenceId }) => sequenceId)).toStrictEqual([495, 496, 497, 498, 499, 500]);
  });
});

function heldByEngine(stream: string): number {
  using engine = StorageEngine.openSync(join(rootDir, "engine"));
  return [...engine.replayEvents(0, { stream })].length;
}

describe("several writers", () => {
  it("another handle steps back: this one sees it, and decides by it", () => {
    const other = new NativeTaskGraphEventLog({ rootDir });
    append("1 2 3 4 5");
    other.append(event(3, "*"));
    expect(replayed()).toBe("1 2 3*");
    append("4+");
    expect(other.replay(1).map(({ id }) => id)).toStrictEqual(["event-1", "event-2", "event-3*", "event-4+"]);
    other.append(event(5, "*"));
    append("5+");
    expect(replayed()).toBe("1 2 3* 4+ 5+");
    other.prune(4);
    append("6+ 4-");
    expect(replayed()).toBe("4-");
    return other.close();
  });

  it("has a stream of its own for each name, of any length", async () => {
    const names = ["", "a", "é".repeat(512), "b".repeat(1024)];
    const logs = names.map((stream) => new NativeTaskGraphEventLog({ rootDir, stream }));
    for (const [index, each] of logs.entries()) {
      for (let id = 1; id <= index + 3; id += 1) each.append(event(id, `-${index}`));
      each.append(event(2, `-${index}*`));
    }
    for (const [index, each] of logs.entries()) {
      expect(each.replay(1).map(({ id }) => id)).toStrictEqual([`event-1-${index}`, `event-2-${index}*`]);
      await each.close();
    }
    expect(() => new NativeTaskGraphEventLog({ rootDir, stream: "c".repeat(1025) })).toThrow(/stream/);
  });

  it("a worker thread appends to the same run: no event is lost, none is stored twice", async () => {
    const code = `
      const { parentPort, workerData } = require("node:worker_threads");
      const { NativeTaskGraphEventLog } = require(workerData.entry);
      const log = new NativeTaskGraphEventLog({ rootDir: workerData.rootDir });
      for (let i = 0; i < 300; i += 1) log.append({ ...workerData.event, sequenceId: 1000 + i, id: "w" + i });
      log.close().then(() => parentPort.postMessage("done"));`;
    const entry = join(import.meta.dirname, "../dist/index.js");
    const worker = new Worker(code, { eval: true, workerData: { entry, rootDir, event: event(1) } });
    const done = new Promise((resolve, reject) => worker.once("message", resolve).once("error", reject));
    for (let sequenceId = 1; sequenceId <= 300; sequenceId += 1) log.append(event(sequenceId));
    await done;
    expect(heldByEngineShared()).toBe(600);
    await worker.terminate();
  });

  function heldByEngineShared(): number {
    using engine = StorageEngine.openSync(join(rootDir, "engine"));
    return engine.lastSequence("task-graph");
  }
});

describe("what is no part of the log", () => {
  it("the run table does not show among what the user has", () => {
    append("1 2 3 2* 1+");
    using engine = StorageEngine.openSync(join(rootDir, "engine"));
    expect(engine.streams().map(({ name }) => name)).toStrictEqual(["task-graph"]);
    expect([...engine.checkpoints()]).toStrictEqual([]);
    expect(engine.stats()).toMatchObject({ events: 5, checkpoints: 0, versions: 0 });
  });

  it("a table outlives its stream: a stream that comes back begins anew", () => {
    append("1 2 3 4 2* 3* 1+");
    using engine = StorageEngine.openSync(join(rootDir, "engine"));
    engine.deleteStream("task-graph");
    expect(replayed()).toBe("");
    append("1 2 3 4 5 6 7 8 9");
    expect(replayed()).toBe("1 2 3 4 5 6 7 8 9");
  });

  it("a last record that is no event keeps nothing from being stored, and is told when it is read", async () => {
    append("1 2");
    using engine = StorageEngine.openSync(join(rootDir, "engine"));
    engine.appendEvent(Buffer.from([0xc1]), "task-graph");
    await reopen();
    append("3 4 2*");
    expect(replayed()).toBe("1 2*");
    engine.appendEvent(Buffer.from([7]), "task-graph");
    expect(() => log.replay(1)).toThrow(
      expect.objectContaining({ code: "ERR_STORAGE_UNSUPPORTED_FORMAT", path: join(rootDir, "engine") }),
    );
  });
});

describe("bad input", () => {
  it.each([
    ["nothing", undefined, "an event"],
    ["null", null, "an event"],
    ["no id", { ...event(1), id: undefined }, "id"],
    ["a type that is no text", { ...event(1), type: 7 }, "type"],
    ["no nodeId", { ...event(1), nodeId: null }, "nodeId"],
    ["a sequenceId of 0", event(0), "sequenceId"],
    ["a fraction", event(1.5), "sequenceId"],
    ["NaN", event(Number.NaN), "sequenceId"],
    ["beyond the safe integers", event(2 ** 53), "sequenceId"],
    ["a bigint", { ...event(1), sequenceId: 1n }, "sequenceId"],
  ])("an event is refused: %s", (_name, given, named) => {
    expect(() => log.append(given as unknown as TaskGraphEvent)).toThrow(
      expect.objectContaining({
        code: "ERR_STORAGE_INVALID_ARGUMENT",
        message: expect.stringContaining(named),
      }),
    );
    expect(existsSync(rootDir)).toBe(false);
  });

  it("numbers that are none are refused", () => {
    const refusal = expect.objectContaining({ code: "ERR_STORAGE_INVALID_ARGUMENT" });
    expect(() => log.replay(Number.NaN)).toThrow(refusal);
    expect(() => log.replay("1" as unknown as number)).toThrow(refusal);
    expect(() => log.replay(1, null as unknown as number)).toThrow(refusal);
    expect(() => log.prune(undefined as unknown as number)).toThrow(refusal);
    append("1 2 3");
    expect(replayed(1, 0)).toBe("");
    expect(replayed(1, -1)).toBe("");
    expect(replayed(-Infinity, Infinity)).toBe("1 2 3");
    expect(replayed(Infinity)).toBe("");
  });

  it("an event over the limit is refused, and the log goes on", () => {
    const small = new NativeTaskGraphEventLog({ rootDir, maxRecordBytes: 500 });
    const large = event(2, "", { text: "x".repeat(500) });
    small.append(event(1));
    expect(() => small.append(large)).toThrow(expect.objectContaining({ code: "ERR_STORAGE_TOO_LARGE" }));
    small.append(event(2));
    expect(small.replay(1)).toHaveLength(2);
    return small.close();
  });

  it("a failure is told, and the next call tries again", async () => {
    mkdirSync(rootDir);
    writeFileSync(join(rootDir, "engine"), "in the way");
    expect(() => log.append(event(1))).toThrow(expect.objectContaining({ code: "ERR_STORAGE_NOT_A_STORE" }));
    const { rmSync } = await import("node:fs");
    rmSync(join(rootDir, "engine"));
    append("1 2");
    expect(replayed()).toBe("1 2");
  });
});

describe("closing", () => {
  it("refuses later calls, and may be done twice", async () => {
    append("1");
    await log.flush();
    await Promise.all([log.close(), log.close()]);
    const closed = expect.objectContaining({ code: "ERR_STORAGE_CLOSED" });
    expect(() => log.append(event(2))).toThrow(closed);
    expect(() => log.replay(1)).toThrow(closed);
    expect(() => log.prune(1)).toThrow(closed);
    await expect(log.flush()).rejects.toThrow(closed);
  });
});
