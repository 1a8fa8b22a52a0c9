/** What callers may pass, and the code that each wrong value gets. */
import { mkdirSync, writeFileSync } from "node:fs";
import { createContext, runInContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { Batch, StorageEngine, StorageError } from "../../src/index.js";
import { utf8 } from "../support/bytes.js";
import { Scratch } from "../support/scratch.js";

const scratch = new Scratch();

/** The error of a call that must fail, whether it throws or rejects. */
async function failure(call: () => unknown): Promise<StorageError> {
  try {
    await call();
  } catch (error) {
    expect(error).toBeInstanceOf(StorageError);
    return error as StorageError;
  }
  throw new Error("the call should have failed");
}

/** A value of a wrong type, past the compiler. */
function wrong<T>(value: unknown): T {
  return value as T;
}

const LONE = "a\ud800";
const LONG = `${"é".repeat(512)}x`;
const bytes = utf8("x");

type Call = (engine: StorageEngine) => unknown;

const badArguments: [string, Call][] = [
  ["an event that is a text", (engine) => engine.appendEvent(wrong("text"))],
  ["an event that is an ArrayBuffer", (engine) => engine.appendEvent(wrong(new ArrayBuffer(1)))],
  ["an event of 16-bit numbers", (engine) => engine.appendEvent(wrong(new Uint16Array(1)))],
  [
    "an event that only looks like bytes",
    (engine) => engine.appendEvent(Object.create(Uint8Array.prototype)),
  ],
  ["events that are no list", (engine) => engine.appendEvents(wrong(bytes))],
  ["an event in a list that is none", (engine) => engine.appendEvents([bytes, wrong(null)])],
  ["a stream that is a number", (engine) => engine.appendEvent(bytes, wrong(1))],
  ["a stream with a lone surrogate", (engine) => engine.appendEvent(bytes, LONE)],
  ["a stream of 1,025 bytes", (engine) => engine.appendEvent(bytes, LONG)],
  ["a negative after", (engine) => engine.appendEvent(bytes, "", { after: -1 })],
  ["a fractional after", (engine) => engine.appendEvent(bytes, "", { after: 1.5 })],
  ["an after that is a BigInt", (engine) => engine.appendEvents([bytes], "", { after: wrong(1n) })],
  ["options that are a number", (engine) => engine.appendEvent(bytes, "", wrong(3))],
  ["options that are null", (engine) => engine.appendEvent(bytes, "", wrong(null))],
  ["a replay from a text", (engine) => engine.replayEvents(wrong("1"))],
  ["a replay from beyond 2^53", (engine) => engine.replayEvents(2 ** 53)],
  ["a replay with a negative limit", (engine) => engine.replayEvents(0, { limit: -1 })],
  ["a replay of a wrong stream", (engine) => engine.replayEvents(0, { stream: LONE })],
  ["a prune before NaN", (engine) => engine.prune(Number.NaN)],
  ["the last sequence of a wrong stream", (engine) => engine.lastSequence(LONG)],
  ["a deletion of a wrong stream", (engine) => engine.deleteStream(wrong(undefined))],
  ["an empty id", (engine) => engine.saveCheckpoint("", bytes)],
  ["an id with a lone surrogate", (engine) => engine.saveCheckpointSync(LONE, bytes)],
  ["an id of 1,025 bytes", (engine) => engine.loadCheckpoint(LONG)],
  ["an id that is a number", (engine) => engine.deleteCheckpoint(wrong(1))],
  ["data that are missing", (engine) => engine.saveCheckpoint("a", wrong(undefined))],
  ["a lineage that is a number", (engine) => engine.saveCheckpoint("a", bytes, { lineage: wrong(1) })],
  ["a meta that is a text", (engine) => engine.saveCheckpoint("a", bytes, { meta: wrong("m") })],
  ["a time that is NaN", (engine) => engine.saveCheckpointSync("a", bytes, { time: Number.NaN })],
  ["a time that is a Date", (engine) => engine.saveCheckpoint("a", bytes, { time: wrong(new Date()) })],
  ["a version of 0", (engine) => engine.loadCheckpoint("a", { version: 0 })],
  ["a fractional version", (engine) => engine.loadCheckpointSync("a", { version: 1.5 })],
  ["a wrong order", (engine) => engine.checkpoints({ orderBy: wrong("size") })],
  ["a fractional limit", (engine) => engine.checkpoints({ limit: 0.5 })],
  ["a reverse that is a number", (engine) => engine.checkpoints({ reverse: wrong(1) })],
  ["a from that is NaN", (engine) => engine.checkpoints({ from: Number.NaN })],
  ["a prefix with a lone surrogate", (engine) => engine.checkpoints({ prefix: LONE })],
  ["the history of an empty id", (engine) => engine.checkpointHistory("")],
  ["a batch's wrong event", (engine) => engine.batch().appendEvent(wrong(1))],
  ["a batch's wrong id", (engine) => engine.batch().deleteCheckpoint("")],
  ["a batch's wrong sequence", (engine) => engine.batch().expect("", -1)],
  ["a batch's wrong prune", (engine) => engine.batch().prune(1.5)],
  ["a signal that is none", (engine) => engine.compact({ signal: wrong({}) })],
  ["a callback that is none", (engine) => engine.verify({ onProgress: wrong(1) })],
  ["a backup to a number", (engine) => engine.backup(wrong(1))],
];

const badOptions: [string, unknown][] = [
  ["durability", "always"],
  ["syncIntervalMs", 0],
  ["syncIntervalMs", "50"],
  ["createIfMissing", 1],
  ["compressionLevel", 20],
  ["compressionLevel", 0],
  ["historyLimit", 0],
  ["historyLimit", 1.5],
  ["maxDeltaChain", -1],
  ["maxDeltaChain", 256],
  ["maxRecordBytes", 0],
  ["maxRecordBytes", 256 * 2 ** 20 + 1],
  ["lockTimeoutMs", Number.POSITIVE_INFINITY],
];

describe("an invalid argument", () => {
  it.each(badArguments)("is %s", async (_, call) => {
    const engine = scratch.open();
    const error = await failure(() => call(engine));
    expect(error.code).toBe("ERR_STORAGE_INVALID_ARGUMENT");
    // Neither the default stream nor any other thing was touched.
    expect(engine.streams()).toEqual([]);
    expect([...engine.checkpoints()]).toEqual([]);
  });

  it.each(badOptions)("is %s of %o", async (option, value) => {
    const options = { [option]: value };
    for (const open of [StorageEngine.open, StorageEngine.openSync]) {
      const error = await failure(() => open(scratch.path(), options));
      expect(error).toMatchObject({ code: "ERR_STORAGE_INVALID_ARGUMENT" });
      expect(error.message).toContain(option);
    }
  });

  it.each([
    ["", "must not be empty"],
    ["a\0b", "null character"],
    [undefined, "not a value of type undefined"],
    [new URL("file:///tmp"), "fileURLToPath"],
    ["file:///tmp", "fileURLToPath"],
    [Buffer.from("/tmp"), "must be a path"],
  ])("is the directory %o", async (directory, advice) => {
    for (const open of [StorageEngine.open, StorageEngine.openSync, StorageEngine.verify]) {
      const error = await failure(() => open(wrong(directory)));
      expect(error.code).toBe("ERR_STORAGE_INVALID_ARGUMENT");
      expect(error.message).toContain(`directory must `);
      expect(error.message).toContain(advice);
    }
  });

  it("is a text in the place of options", async () => {
    for (const open of [StorageEngine.open, StorageEngine.openSync]) {
      const error = await failure(() => open(scratch.path(), wrong("sync")));
      expect(error.message).toContain("options must be an object");
    }
  });
});

// A handle that seems to be made, and whose first call fails with an error of the language.
describe("a constructor that is called by hand", () => {
  const makers: [string, () => unknown, string][] = [
    ["StorageEngine", () => Reflect.construct(StorageEngine, [scratch.path()]), "StorageEngine.open()"],
    ["Batch", () => Reflect.construct(Batch, []), "batch()"],
    ["Batch of a handle", () => Reflect.construct(Batch, [scratch.open()]), "batch()"],
  ];
  it.each(makers)("%s says what to call", async (_, make, advice) => {
    const error = await failure(make);
    expect(error.code).toBe("ERR_STORAGE_INVALID_ARGUMENT");
    expect(error.message).toContain(advice);
  });
});

describe("a limit", () => {
  it("is told apart from a wrong value", async () => {
    const engine = scratch.open({ maxRecordBytes: 10 });
    const codes = await Promise.all(
      [
        () => engine.appendEvent(Buffer.alloc(11)),
        () => engine.appendEvents([bytes, Buffer.alloc(11)]),
        () => engine.saveCheckpoint("a", Buffer.alloc(11)),
        () => engine.saveCheckpointSync("a", Buffer.alloc(11)),
        () => engine.saveCheckpoint("a", bytes, { meta: Buffer.alloc(65_537) }),
        () => engine.batch().appendEvent(Buffer.alloc(11)).commitSync(),
      ].map(async (call) => (await failure(call)).code),
    );
    expect(new Set(codes)).toEqual(new Set(["ERR_STORAGE_TOO_LARGE"]));
    expect(engine.saveCheckpointSync("a", Buffer.alloc(10), { meta: Buffer.alloc(65_536) }).bytes).toBe(10);
    expect(engine.lastSequence()).toBe(0);
  });
});

describe("a name", () => {
  // An id that becomes a path, or a key of an object.
  it.each([
    ["../../escape"],
    ["/etc/passwd"],
    ["a/b\\c:d*e?"],
    ["__proto__"],
    ["toJSON"],
    ["\u0000"],
    ["日本語 🦀 e\u0301 é"],
    ["é".repeat(512)],
    ["\u{10ffff}\ufffd"],
    [" "],
  ])("may be %o", async (name) => {
    const engine = scratch.open();
    engine.appendEvent(utf8(name), name);
    await engine.saveCheckpoint(name, utf8(name), { lineage: name });
    await engine.close();
    const again = scratch.open();
    expect(again.streams().map((stream) => stream.name)).toEqual([name]);
    expect([...again.checkpoints({ lineage: name, prefix: name })].map(({ id }) => id)).toEqual([name]);
    expect(`${again.loadCheckpointSync(name)}`).toBe(name);
    expect([...again.replayEvents(0, { stream: name })].map(({ data }) => `${data}`)).toEqual([name]);
  });
});

describe("bytes", () => {
  // `instanceof`, which fails for what test runners and `vm` make.
  it("may come from another realm", () => {
    const engine = scratch.open();
    const foreign: Uint8Array = runInContext("new Uint8Array([104, 105])", createContext());
    expect(foreign instanceof Uint8Array).toBe(false);
    engine.appendEvent(foreign);
    engine.batch().saveCheckpoint("a", foreign).commitSync();
    expect(`${[...engine.replayEvents(0)][0]?.data} ${engine.loadCheckpointSync("a")}`).toBe("hi hi");
  });

  it("may lie in a buffer that was detached: then there are none", () => {
    const engine = scratch.open();
    const data = new Uint8Array(10);
    structuredClone(data.buffer, { transfer: [data.buffer] });
    engine.appendEvent(data);
    expect([...engine.replayEvents(0)][0]?.data.length).toBe(0);
  });
});

describe("opening", () => {
  it("says that there is no store, or something else", async () => {
    const path = scratch.path();
    for (const open of [StorageEngine.open, StorageEngine.openSync]) {
      const missing = await failure(() => open(path, { createIfMissing: false }));
      expect(missing).toMatchObject({
        code: "ERR_STORAGE_NOT_FOUND",
        path,
        message: expect.stringContaining(path),
      });
    }
    mkdirSync(path);
    writeFileSync(`${path}/notes.txt`, "mine");
    for (const open of [StorageEngine.open, StorageEngine.openSync]) {
      expect(await failure(() => open(path))).toMatchObject({ code: "ERR_STORAGE_NOT_A_STORE", path });
    }
    const file = await failure(() => StorageEngine.open(`${path}/notes.txt`));
    expect(["ERR_STORAGE_NOT_A_STORE", "ERR_STORAGE_IO"]).toContain(file.code);
  });

  // A relative path that is looked up only when another thread opens the store.
  it("takes a relative path from the working directory of the call", async () => {
    const before = process.cwd();
    mkdirSync(scratch.path("here"));
    try {
      process.chdir(scratch.path("here"));
      const opening = StorageEngine.open("store");
      process.chdir(before);
      await (await opening).close();
    } finally {
      process.chdir(before);
    }
    expect((await StorageEngine.verify(scratch.path("here/store"))).ok).toBe(true);
  });
});

// A rejection whose stack shows nothing but the addon's thread.
it("has a stack that leads to the caller, where a promise was rejected too", async () => {
  const engine = scratch.open();
  async function whoCalled(): Promise<void> {
    await engine.batch().expect("", 5).commit();
  }
  const rejected = await failure(whoCalled);
  expect(rejected.stack).toContain("whoCalled");
  const thrown = await failure(function whoThrew() {
    engine.appendEvent(utf8("a"), "", { after: 9 });
  });
  expect(thrown.stack).toContain("whoThrew");
});
