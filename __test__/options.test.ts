/** Options and their names: what is absent, and what is misspelt. */
import { describe, expect, it } from "vitest";
import { NativeCheckpointStorage } from "../src/compat/checkpoints/native-checkpoint-storage.js";
import { NativeTaskGraphEventLog } from "../src/compat/task-graph/native-task-graph-event-log.js";
import { StorageEngine } from "../src/engine.js";
import { importMessagePackStore } from "../src/migrate/import.js";
import { utf8 } from "./support/bytes.js";
import { newDirectory } from "./support/directories.js";
import { checkpoint, event } from "./support/runtime-shapes.js";
import { Scratch } from "./support/scratch.js";

const scratch = new Scratch();

/** A value of a wrong type, past the compiler. */
function wrong<T>(value: unknown): T {
  return value as T;
}

function refusal(...words: string[]): object {
  return {
    asymmetricMatch: (error: unknown) =>
      words.every((word) =>
        expect
          .objectContaining({ code: "ERR_STORAGE_INVALID_ARGUMENT", message: expect.stringContaining(word) })
          .asymmetricMatch(error),
      ),
  };
}

type Call = (engine: StorageEngine) => unknown;

/** What is called, and what its message must name: the misspelt name, and the one that was meant. */
const misspelt: [string, Call, string, string][] = [
  [
    "open",
    () => StorageEngine.open(scratch.path("x"), wrong({ durabillity: "sync" })),
    "durabillity",
    "durability",
  ],
  [
    "openSync",
    () => StorageEngine.openSync(scratch.path("x"), wrong({ lockTimeout: 5 })),
    "lockTimeout",
    "lockTimeoutMs",
  ],
  ["appendEvent", (e) => e.appendEvent(utf8("a"), "", wrong({ affter: 0 })), "affter", "after"],
  ["replayEvents", (e) => e.replayEvents(1, wrong({ steam: "x" })), "steam", "stream"],
  ["saveCheckpoint", (e) => e.saveCheckpoint("a", utf8("a"), wrong({ linage: "x" })), "linage", "lineage"],
  ["loadCheckpoint", (e) => e.loadCheckpoint("a", wrong({ versoin: 1 })), "versoin", "version"],
  ["checkpoints", (e) => e.checkpoints(wrong({ orderby: "time" })), "orderby", "orderBy"],
  ["compact", (e) => e.compact(wrong({ singal: undefined })), "singal", "signal"],
  [
    "verify",
    () => StorageEngine.verify(scratch.path("x"), wrong({ onprogress: () => {} })),
    "onprogress",
    "onProgress",
  ],
  [
    "importMessagePackStore",
    () => importMessagePackStore(wrong({ from: "x", rootDir: scratch.path("x"), indexFilename: "y" })),
    "indexFilename",
    "indexFileName",
  ],
];

describe("a name that no option has", () => {
  // A misspelt durability, which loses a guarantee in silence.
  it.each(misspelt)("is refused by %s, with the nearest one", async (_name, call, name, meant) => {
    const engine = scratch.open();
    const made = async (): Promise<unknown> => call(engine);
    await expect(made()).rejects.toEqual(refusal(`no option ${JSON.stringify(name)}`, JSON.stringify(meant)));
    expect(engine.streams()).toEqual([]);
  });

  it("is refused with all there are where none is near", () => {
    expect(() => StorageEngine.openSync(scratch.path("x"), wrong({ colour: "red" }))).toThrow(
      refusal('no option "colour"', "lockTimeoutMs", "durability"),
    );
  });

  it.each([
    ["durabillity", "durability"],
    ["Durability", "durability"],
    ["syncIntervallMs", "syncIntervalMs"],
    ["idleRelease", "idleReleaseMs"],
  ])("is refused by drop-ins where it is near to an option of the engine: %s", (name, meant) => {
    for (const DropIn of [NativeCheckpointStorage, NativeTaskGraphEventLog]) {
      const make = () => new DropIn(wrong({ rootDir: "x", [name]: undefined }));
      expect(make).toThrow(refusal(JSON.stringify(name), JSON.stringify(meant)));
    }
  });

  // A runtime that passes its storage more than today's storage reads, and that must not fail for it.
  it("is ignored by drop-ins where it is near to none, as today's storage ignores it", async () => {
    const options = { rootDir: newDirectory(), logger: console, ttl: 5, sessionId: "s", maxDeltaChian: 3 };
    const storage = new NativeCheckpointStorage(wrong(options));
    const log = new NativeTaskGraphEventLog(
      wrong({ ...options, maxDeltaChain: 8, minDeltaSavingsRatio: 0.85, indexFileName: "index.json" }),
    );
    await storage.save(checkpoint("a"));
    log.append(event(1));
    expect([await storage.load("a"), log.replay(1)]).toStrictEqual([checkpoint("a"), [event(1)]]);
    await Promise.all([storage.close(), log.close()]);
  });
});

// Options put together from others' that may be absent; with exactOptionalPropertyTypes the compiler refuses them.
it("an option that is undefined is absent", async () => {
  const path = scratch.path();
  const engine = scratch.open(
    {
      durability: undefined,
      syncIntervalMs: undefined,
      createIfMissing: undefined,
      lockTimeoutMs: undefined,
    },
    path,
  );
  engine.appendEvent(utf8("a"), undefined, { after: undefined });
  await engine.saveCheckpoint("a", utf8("a"), { lineage: undefined, meta: undefined, time: undefined });
  expect([...engine.replayEvents(1, { stream: undefined, limit: undefined })]).toHaveLength(1);
  expect([...engine.checkpoints({ prefix: undefined, orderBy: undefined, from: undefined })]).toHaveLength(1);
  expect(engine.loadCheckpointSync("a", { version: undefined })).toEqual(utf8("a"));
  await engine.verify({ signal: undefined, onProgress: undefined });
  const rootDir = newDirectory();
  const storage = new NativeCheckpointStorage({
    rootDir,
    maxDeltaChain: undefined,
    idleReleaseMs: undefined,
  });
  const log = new NativeTaskGraphEventLog({ rootDir, stream: undefined });
  log.append(event(1));
  expect(await storage.list({ status: undefined, limit: undefined, sortBy: undefined })).toEqual([]);
  await importMessagePackStore({ from: rootDir, rootDir, indexFileName: undefined, signal: undefined });
  await Promise.all([storage.close(), log.close()]);
});
