/** Directories of today's storage that are damaged, incomplete or hostile. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encode as encodeAsToday } from "@msgpack/msgpack";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type LegacyLoad, type LegacyStore, openLegacyStore } from "../src/migrate/legacy-reader.js";

let root: string;
let from: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "legacy-reader-"));
  from = join(root, "store");
  mkdirSync(from);
});

afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

const FULL = {
  ...{ version: 1, createdAt: 7, task: "t", agentType: "coder", agentId: "a", status: "pending" },
  ...{ messages: [], pendingToolCalls: [], completedToolCalls: [], childCheckpointIds: ["x"] },
  ...{ currentStep: 1, maxSteps: 2, metadata: {} },
};

function full(id: string, fields: object = {}): object {
  return { kind: "full", checkpoint: { id, ...FULL, ...fields } };
}

function delta(id: string, baseId: string, fields: object = {}): object {
  return { kind: "delta", baseId, delta: { id, version: 2, createdAt: 8, ...fields } };
}

/** Writes a store: ids, each with its record, or with bytes that are none. */
function writeStore(
  records: Record<string, object | Uint8Array>,
  entries = Object.keys(records).map(entryOf),
): void {
  for (const [id, record] of Object.entries(records)) {
    writeFileSync(join(from, `${id}.msgpack`), record instanceof Uint8Array ? record : encodeAsToday(record));
  }
  writeFileSync(join(from, "index.json"), JSON.stringify({ entries }));
}

function entryOf(id: string): object {
  return { id, fileName: `${id}.msgpack` };
}

async function loadOne(id: string): Promise<LegacyLoad> {
  return loadFrom(await openLegacyStore({ from }), id);
}

async function loadFrom(store: LegacyStore, id: string): Promise<LegacyLoad> {
  const entry = store.entries.find((candidate) => candidate.id === id);
  if (entry === undefined) throw new Error(`no entry ${id}`);
  return store.load(entry);
}

async function reasonFor(id: string): Promise<string> {
  const outcome = await loadOne(id);
  if (!("skipped" in outcome)) throw new Error(`${id} was loaded`);
  expect(outcome.skipped).toMatchObject({ id, file: `${id}.msgpack` });
  return outcome.skipped.reason;
}

describe("the index", () => {
  it("that is not there means an empty store, as does a directory that is not there", async () => {
    expect((await openLegacyStore({ from })).entries).toStrictEqual([]);
    expect((await openLegacyStore({ from: join(root, "nowhere") })).entries).toStrictEqual([]);
  });

  it.each(["", "{", "[]", "null", '{"entries":{}}', "\0\0\0\0"])(
    "that is none is damage: %j",
    async (json) => {
      writeFileSync(join(from, "index.json"), json);
      const path = join(from, "index.json");
      await expect(openLegacyStore({ from })).rejects.toMatchObject({ code: "ERR_STORAGE_CORRUPT", path });
    },
  );

  it("that the operating system does not give is no damage", async () => {
    mkdirSync(join(from, "index.json"));
    await expect(openLegacyStore({ from })).rejects.toMatchObject({
      code: "ERR_STORAGE_IO",
      syscall: "read",
    });
  });

  it("may have another name", async () => {
    writeFileSync(join(from, "other.json"), JSON.stringify({ entries: [entryOf("a")] }));
    const store = await openLegacyStore({ from, indexFileName: "other.json" });
    expect(store.entries).toMatchObject([{ id: "a" }]);
  });

  it("is the truth: files that it does not name are leftovers", async () => {
    writeStore({ a: full("a"), left: full("left") }, [entryOf("a")]);
    writeFileSync(join(from, "index.json.tmp"), "{");
    expect((await openLegacyStore({ from })).entries.map(({ id }) => id)).toStrictEqual(["a"]);
  });

  it("keeps its order, and the first of two entries for one id", async () => {
    writeStore({ b: full("b"), a: full("a") }, [
      entryOf("b"),
      entryOf("a"),
      { id: "b", fileName: "a.msgpack" },
    ]);
    const store = await openLegacyStore({ from });
    expect(store.entries.map(({ id }) => id)).toStrictEqual(["b", "a"]);
    expect(store.rejected).toMatchObject([{ id: "b", file: "a.msgpack", kind: "duplicate" }]);
    expect(await loadFrom(store, "b")).toMatchObject({ checkpoint: { id: "b" } });
  });

  const outside = [
    "../outside.msgpack",
    "/etc/hostname",
    "sub/a.msgpack",
    "..",
    ".",
    "a\0b",
    "sub/../../outside.msgpack",
  ];

  it.each(outside)("never leads out of the directory: %j", async (fileName) => {
    writeFileSync(join(root, "outside.msgpack"), encodeAsToday(full("x")));
    writeStore({ good: full("good") }, [
      { id: "x", fileName },
      entryOf("good"),
      { id: "d", fileName: "d.msgpack" },
    ]);
    writeFileSync(join(from, "d.msgpack"), encodeAsToday(delta("d", "x")));
    const store = await openLegacyStore({ from });
    expect(store.rejected).toMatchObject([{ id: "x", file: fileName, kind: "damaged" }]);
    expect(await loadFrom(store, "good")).toHaveProperty("checkpoint");
    expect(await loadFrom(store, "d")).toMatchObject({
      skipped: { kind: "missing", reason: expect.stringContaining("missing") },
    });
  });

  it("may hold entries that are none", async () => {
    writeStore({ a: full("a") }, [null, 5, {}, { id: 7 }, { id: "" }, { id: "n" }, entryOf("a")] as object[]);
    const store = await openLegacyStore({ from });
    expect(store.entries).toHaveLength(1);
    expect(store.rejected).toHaveLength(6);
  });
});

describe("a record", () => {
  it("that is whole gives every field, and a fresh object at each load", async () => {
    writeStore({ a: full("a", { own: { deep: [1] } }) });
    const [first, second] = [await loadOne("a"), await loadOne("a")];
    expect(first).toMatchObject({ checkpoint: { id: "a", own: { deep: [1] } } });
    expect(first).toStrictEqual(second);
    expect(first).not.toBe(second);
  });

  it("that is a delta is applied to its base, through a chain", async () => {
    const appended = { messages: { mode: "append", items: [{ content: "2" }] }, error: { message: "e" } };
    writeStore({
      a: full("a", { messages: [{ content: "1" }], parentCheckpointId: "p", own: 1 }),
      b: delta("b", "a", appended),
      c: delta("c", "b", { childCheckpointIds: { mode: "replace", items: [] }, error: null, currentStep: 5 }),
    });
    expect(await loadOne("c")).toStrictEqual({
      checkpoint: {
        ...FULL,
        ...{ id: "c", version: 2, createdAt: 8, currentStep: 5, childCheckpointIds: [] },
        ...{
          messages: [{ content: "1" }, { content: "2" }],
          error: { message: "e" },
          parentCheckpointId: "p",
        },
      },
    });
  });

  it("keeps what today's storage reads back although it is no valid UTF-8", async () => {
    writeStore({ a: full("a", { metadata: { "k\ud800": "v\udfff" } }) });
    expect(await loadOne("a")).toMatchObject({ checkpoint: { metadata: { "k\ud800": "v\udfff" } } });
  });

  it("keeps a key __proto__, which today's storage cannot read", async () => {
    const metadata = JSON.parse('{"__proto__":1}') as object;
    writeStore({ a: full("a", { metadata }) });
    expect(await loadOne("a")).toStrictEqual({ checkpoint: { id: "a", ...FULL, metadata } });
  });

  it("with a chain of 5,000 bases is read without running out of stack", async () => {
    const ids = Array.from({ length: 5000 }, (_, index) => `c${index}`);
    writeStore(
      Object.fromEntries(ids.map((id, index) => [id, index === 0 ? full(id) : delta(id, `c${index - 1}`)])),
    );
    expect(await loadOne("c4999")).toMatchObject({ checkpoint: { id: "c4999", task: "t" } });
  });
});

describe("a record that cannot be read", () => {
  const whole = encodeAsToday(full("a"));

  const records: [string, object | Uint8Array, RegExp][] = [
    ["is empty", new Uint8Array(0), /damaged/],
    ["ends early", whole.subarray(0, whole.length - 1), /damaged/],
    ["has bytes behind it", Buffer.concat([whole, Buffer.from([0])]), /damaged/],
    ["is another kind of value", [1, 2], /no checkpoint record/],
    ["is of an unknown kind", { kind: "other", checkpoint: { id: "a" } }, /no checkpoint record/],
    ["has no checkpoint", { kind: "full", checkpoint: null }, /no checkpoint record/],
    ["has no id", { kind: "full", checkpoint: {} }, /no checkpoint record/],
    ["has a delta without a base", { kind: "delta", delta: { id: "a" } }, /no checkpoint record/],
    [
      "has a list of an unknown mode",
      delta("a", "b", { messages: { mode: "x", items: [] } }),
      /no checkpoint record/,
    ],
    ["has a list without items", delta("a", "b", { messages: { mode: "append" } }), /no checkpoint record/],
    ["holds another id", full("z"), /another checkpoint, "z"/],
    ["has a base that is missing", delta("a", "gone"), /base "gone" is missing/],
    ["is its own base", delta("a", "a"), /circle/],
    [
      "appends to what is no list",
      delta("a", "odd", { messages: { mode: "append", items: [1] } }),
      /does not fit/,
    ],
    ["has a base that is damaged", delta("a", "bad"), /base "bad": the file is damaged/],
  ];

  it.each(records)(
    "because it %s is skipped with a reason, and the others are read",
    async (_name, record, reason) => {
      writeStore({
        a: record,
        odd: full("odd", { messages: 5 }),
        bad: new Uint8Array([0xc1]),
        good: full("good"),
      });
      expect(await reasonFor("a")).toMatch(reason);
      expect(await loadOne("good")).toHaveProperty("checkpoint.id", "good");
    },
  );

  it("because its bases form a circle", async () => {
    writeStore({ a: delta("a", "b"), b: delta("b", "c"), c: delta("c", "b") });
    expect(await reasonFor("a")).toMatch(/circle/);
  });

  it("because its file is missing, or cannot have such a name", async () => {
    const long = "x".repeat(5000);
    writeStore({}, [entryOf("a"), entryOf(long)]);
    expect(await reasonFor("a")).toMatch(/missing/);
    expect(await reasonFor(long)).toMatch(/missing/);
  });

  it("because it is a directory", async () => {
    writeStore({}, [entryOf("a")]);
    mkdirSync(join(from, "a.msgpack"));
    expect(await reasonFor("a")).toMatch(/regular file/);
  });

  it.skipIf(process.platform === "win32")("because it is a link or a pipe", async () => {
    writeStore({}, [entryOf("link"), entryOf("pipe")]);
    writeFileSync(join(root, "outside"), encodeAsToday(full("link")));
    symlinkSync(join(root, "outside"), join(from, "link.msgpack"));
    execFileSync("mkfifo", [join(from, "pipe.msgpack")]);
    expect(await reasonFor("link")).toMatch(/regular file/);
    expect(await reasonFor("pipe")).toMatch(/regular file/);
  });
});
