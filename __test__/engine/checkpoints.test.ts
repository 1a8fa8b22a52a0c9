/** Checkpoints and their versions. */
import { describe, expect, it } from "vitest";
import type { StorageEngine } from "../../src/engine.js";
import { noise, utf8 } from "../support/bytes.js";
import { Scratch } from "../support/scratch.js";

const scratch = new Scratch();

/** Both forms of each call must do the same. */
const forms = [
  {
    form: "with a promise",
    save: (engine: StorageEngine, ...args: Parameters<StorageEngine["saveCheckpoint"]>) =>
      engine.saveCheckpoint(...args),
    load: (engine: StorageEngine, ...args: Parameters<StorageEngine["loadCheckpoint"]>) =>
      engine.loadCheckpoint(...args),
    remove: (engine: StorageEngine, id: string) => engine.deleteCheckpoint(id),
  },
  {
    form: "on the spot",
    save: async (engine: StorageEngine, ...args: Parameters<StorageEngine["saveCheckpointSync"]>) =>
      engine.saveCheckpointSync(...args),
    load: async (engine: StorageEngine, ...args: Parameters<StorageEngine["loadCheckpointSync"]>) =>
      engine.loadCheckpointSync(...args),
    remove: async (engine: StorageEngine, id: string) => engine.deleteCheckpointSync(id),
  },
];

describe.each(forms)("a checkpoint $form", ({ save, load, remove }) => {
  it("comes back as it was, in its newest and in each older version", async () => {
    const engine = scratch.open();
    const versions = [utf8("one"), Buffer.alloc(0), noise(2, 200_000), noise(3, 1_500_000)];
    for (const data of versions) await save(engine, "agent", data);
    for (const [index, data] of versions.entries()) {
      const loaded = await load(engine, "agent", { version: index + 1 });
      expect(loaded?.equals(data)).toBe(true);
    }
    const newest = await load(engine, "agent");
    expect(newest?.equals(versions[3] ?? utf8("none"))).toBe(true);
    expect(Buffer.isBuffer(newest)).toBe(true);
    expect(newest?.buffer).toBeInstanceOf(ArrayBuffer);
    expect(await load(engine, "agent", { version: 5 })).toBeNull();
    expect(await load(engine, "other")).toBeNull();
  });

  it("tells what is known of it", async () => {
    const engine = scratch.open();
    const meta = utf8("a title");
    const start = Date.now();
    const first = await save(engine, "agent", utf8("one"));
    const info = await save(engine, "agent", utf8("three"), { lineage: "run", meta, time: -1.5 });
    expect(first).toMatchObject({ version: 1, lineage: "", meta: Buffer.alloc(0), bytes: 3 });
    expect(first.time).toBeGreaterThanOrEqual(start);
    expect(first.time).toBeLessThanOrEqual(first.savedAt);
    expect(info).toMatchObject({ id: "agent", version: 2, bytes: 5, lineage: "run", time: -1.5, meta });
    expect(info.firstPosition).toBe(first.position);
    expect(info.position).toBeGreaterThan(first.position);
    expect(info.storedBytes).toBeGreaterThan(0);
    expect(engine.checkpointHistory("agent")).toEqual([first, info]);
    expect([...engine.checkpoints()]).toEqual([info]);
    expect(engine.checkpointHistory("other")).toEqual([]);
  });

  it("is forgotten by a delete, and starts anew", async () => {
    const engine = scratch.open();
    await save(engine, "agent", utf8("one"));
    await save(engine, "agent", utf8("two"));
    expect(await remove(engine, "agent")).toBe(true);
    expect(await remove(engine, "agent")).toBe(false);
    expect(await load(engine, "agent")).toBeNull();
    expect(engine.checkpointHistory("agent")).toEqual([]);
    expect(await save(engine, "agent", utf8("new"))).toMatchObject({ version: 1 });
  });

  // A binding that keeps the caller's memory, which the caller may use again at once.
  it("is copied before the call returns", async () => {
    const engine = scratch.open();
    const data = Buffer.alloc(100_000, 1);
    const meta = Buffer.alloc(10, 1);
    const shared = new Uint8Array(new SharedArrayBuffer(1000)).fill(1);
    const saves = [save(engine, "a", data, { meta }), save(engine, "b", shared)];
    for (const bytes of [data, meta, shared]) bytes.fill(2);
    const [info] = await Promise.all(saves);
    expect(info?.meta.equals(Buffer.alloc(10, 1))).toBe(true);
    expect((await load(engine, "a"))?.equals(Buffer.alloc(100_000, 1))).toBe(true);
    expect((await load(engine, "b"))?.equals(Buffer.alloc(1000, 1))).toBe(true);
  });
});

it("keeps the newest versions up to the history limit", async () => {
  const engine = scratch.open({ historyLimit: 3 });
  for (let version = 1; version <= 5; version++) engine.saveCheckpointSync("agent", utf8(`v${version}`));
  expect(engine.checkpointHistory("agent").map(({ version }) => version)).toEqual([3, 4, 5]);
  expect(engine.loadCheckpointSync("agent", { version: 2 })).toBeNull();
  expect(`${engine.loadCheckpointSync("agent", { version: 3 })}`).toBe("v3");
});

// A result that is a view of memory which the addon frees.
it("hands out copies that stay valid after close", async () => {
  const engine = scratch.open();
  const data = noise(4, 50_000);
  await engine.saveCheckpoint("agent", data, { meta: utf8("meta") });
  engine.appendEvent(data);
  const loaded = [engine.loadCheckpointSync("agent"), await engine.loadCheckpoint("agent")];
  const [event] = engine.replayEvents(0);
  const [info] = engine.checkpoints();
  loaded[0]?.fill(0);
  await engine.close();
  expect(loaded[1]?.equals(data)).toBe(true);
  expect(event?.data.equals(data)).toBe(true);
  expect(`${info?.meta}`).toBe("meta");
});

describe("a list", () => {
  const times = [3, 1, 2, 1, 5];
  const ids = ["run/a", "run/b", "x", "run/c", "y"];

  function filled(): StorageEngine {
    const engine = scratch.open();
    for (const [index, id] of ids.entries()) {
      engine.saveCheckpointSync(id, utf8(id), { time: times[index] ?? 0, lineage: index < 2 ? "one" : "" });
    }
    return engine;
  }

  it.each([
    [{}, "run/a run/b x run/c y"],
    [{ reverse: true }, "y run/c x run/b run/a"],
    [{ prefix: "run/" }, "run/a run/b run/c"],
    [{ lineage: "one" }, "run/a run/b"],
    [{ limit: 2 }, "run/a run/b"],
    [{ limit: 0 }, ""],
    [{ orderBy: "time" }, "run/b run/c x run/a y"],
    [{ orderBy: "time", reverse: true }, "y run/a x run/b run/c"],
    [{ orderBy: "time", reverse: true, limit: 2, prefix: "run/" }, "run/a run/b"],
    [{ from: 2, until: 3 }, "run/a x"],
    [{ orderBy: "time", from: 1, until: 2 }, "run/b run/c x"],
    [{ from: Number.NEGATIVE_INFINITY, until: Number.POSITIVE_INFINITY, lineage: "" }, "x run/c y"],
  ] as const)("with %o", (options, expected) => {
    expect([...filled().checkpoints(options)].map(({ id }) => id).join(" ")).toBe(expected);
  });

  it("is a snapshot taken at the call, however long it is", () => {
    const engine = scratch.open();
    const batch = engine.batch();
    for (let count = 0; count < 200; count++) batch.saveCheckpoint(`id ${count}`, utf8(`${count}`));
    batch.commitSync();
    const list = engine.checkpoints();
    engine.deleteCheckpointSync("id 150");
    engine.saveCheckpointSync("late", utf8("late"));
    expect([...list].map(({ id }) => id)).toEqual(Array.from({ length: 200 }, (_, count) => `id ${count}`));
  });
});
