/** A store that a drop-in and `StorageEngine` share: what one wrote raw must neither break the other nor be taken for its own. */
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { encodeCopy } from "../src/codec/index.js";
import { NativeCheckpointStorage } from "../src/compat/checkpoints/native-checkpoint-storage.js";
import { NativeTaskGraphEventLog } from "../src/compat/task-graph/native-task-graph-event-log.js";
import { StorageEngine } from "../src/engine.js";
import { newDirectory } from "./support/directories.js";
import { checkpoint, event } from "./support/runtime-shapes.js";

let rootDir: string;
let engine: StorageEngine;
let storage: NativeCheckpointStorage;
let log: NativeTaskGraphEventLog;

beforeEach(() => {
  rootDir = newDirectory();
  engine = StorageEngine.openSync(join(rootDir, "engine"));
  storage = new NativeCheckpointStorage({ rootDir });
  log = new NativeTaskGraphEventLog({ rootDir });
});

afterEach(() => Promise.all([engine.close(), storage.close(), log.close()]));

/** A refusal that names what is foreign and does not speak of damage. */
function foreign(...words: string[]): object {
  const shapes = words.map((word) => expect.objectContaining({ message: expect.stringContaining(word) }));
  const code = { code: "ERR_STORAGE_UNSUPPORTED_FORMAT", path: join(rootDir, "engine") };
  return {
    asymmetricMatch: (error: unknown) =>
      shapes.every((shape) => shape.asymmetricMatch(error)) &&
      expect.objectContaining(code).asymmetricMatch(error),
  };
}

const rawValues: [string, Buffer][] = [
  ["a text", Buffer.from("hello")],
  ["nothing", Buffer.alloc(0)],
  ["another MessagePack value", encodeCopy(7)],
  ["a MessagePack map", encodeCopy({ text: "mine" })],
];

describe.each(rawValues)("a raw checkpoint: %s", (_name, raw) => {
  beforeEach(async () => {
    await storage.save(checkpoint("ours", { createdAt: 1 }));
    engine.saveCheckpointSync("raw", raw, { time: 1 });
  });

  // One raw checkpoint that makes every list reject.
  it.each([
    undefined,
    { sortBy: "status" },
    { limit: 1 },
    { limit: 1, sortOrder: "asc" },
    { status: "pending" },
  ] as const)("is not listed by %o", async (filter) => {
    expect((await storage.list(filter)).map(({ id }) => id)).toStrictEqual(["ours"]);
  });

  it("is not listed where its time is no number either", async () => {
    engine.saveCheckpointSync("raw", raw, { time: Number.POSITIVE_INFINITY });
    expect((await storage.list()).map(({ id }) => id)).toStrictEqual(["ours"]);
  });

  // A prune that deletes what somebody else keeps there.
  it("is not pruned", async () => {
    expect(await storage.prune(0)).toBe(1);
    engine.saveCheckpointSync("raw", raw, { time: Number.POSITIVE_INFINITY });
    expect(await storage.prune(-Infinity)).toBe(0);
    expect(engine.loadCheckpointSync("raw")).toStrictEqual(raw);
  });

  // A message that sends its reader to look for damage on the disk.
  it("is refused by a load, which says whose it is", async () => {
    await expect(storage.load("raw")).rejects.toEqual(foreign('"raw"', "StorageEngine"));
    await expect(storage.loadVersion("raw", 1)).rejects.toEqual(foreign('"raw"', "StorageEngine"));
  });

  it("is no version of the checkpoint whose id it has", async () => {
    await storage.save(checkpoint("raw", { currentStep: 9 }));
    expect(await storage.history("raw")).toMatchObject([{ version: 2, currentStep: 9 }]);
    expect((await storage.load("raw"))?.currentStep).toBe(9);
  });
});

describe.each(rawValues)("a raw event: %s", (_name, raw) => {
  // A message that sends its reader to look for damage, or an event that is passed over in silence.
  it("is refused by a replay, which says which it is and what to do", () => {
    log.append(event(1));
    engine.appendEvent(raw, "task-graph");
    expect(() => log.replay(1)).toThrow(foreign("event 2", '"task-graph"', "StorageEngine"));
    expect(() => log.prune(9)).toThrow(foreign("event 2"));
    expect(log.replay(1, 1)).toStrictEqual([event(1)]);
  });

  it("keeps no event from being stored, and is gone once it is pruned as the message says", () => {
    log.append(event(1));
    engine.appendEvent(raw, "task-graph");
    for (const id of [2, 3]) log.append(event(id));
    engine.prune(3, "task-graph");
    expect(log.replay(1)).toStrictEqual([event(2), event(3)]);
  });
});
