/** The drop-in for checkpoints: each method as callers of today's storage expect it. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { NativeCheckpointStorage } from "../src/compat/checkpoints/native-checkpoint-storage.js";
import { NativeTaskGraphEventLog } from "../src/compat/task-graph/native-task-graph-event-log.js";
import type { Checkpoint } from "../src/types.js";
import { newDirectory } from "./support/directories.js";
import { checkpoint } from "./support/runtime-shapes.js";

let rootDir: string;
let storage: NativeCheckpointStorage;
beforeEach(() => {
  rootDir = join(newDirectory(), "session");
  storage = new NativeCheckpointStorage({ rootDir });
});
afterEach(() => storage.close());

describe("where there is no store", () => {
  it("constructing does no I/O, and reading finds nothing and makes nothing", async () => {
    expect(await storage.load("a")).toBeNull();
    expect(await storage.list()).toStrictEqual([]);
    expect(await storage.list({ sortBy: "status", limit: 1 })).toStrictEqual([]);
    expect(await storage.delete("a")).toBe(false);
    expect(await storage.prune(0)).toBe(0);
    expect(await storage.history("a")).toStrictEqual([]);
    expect(await storage.loadVersion("a", 1)).toBeNull();
    await storage.flush();
    expect(existsSync(rootDir)).toBe(false);
  });

  it("the first save makes the directory, and nothing beside the engine's", async () => {
    await storage.save(checkpoint("a"));
    expect(readdirSync(rootDir)).toStrictEqual(["engine"]);
  });

  it("an import of today's options changes nothing", async () => {
    const options = { rootDir, maxDeltaChain: 1e9, minDeltaSavingsRatio: 0.85, indexFileName: "index.json" };
    const other = new NativeCheckpointStorage(options);
    await other.save(checkpoint("a"));
    expect(await other.load("a")).toStrictEqual(checkpoint("a"));
    await other.close();
    for (const maxDeltaChain of [0, -1, 2.5, Number.NaN, Infinity]) {
      expect(() => new NativeCheckpointStorage({ rootDir, maxDeltaChain })).not.toThrow();
    }
  });
});

describe("save and load", () => {
  it("replaces the checkpoint with the same id", async () => {
    await storage.save(checkpoint("a", { currentStep: 1 }));
    await storage.save(checkpoint("a", { currentStep: 2, agentId: "other" }));
    expect((await storage.load("a"))?.currentStep).toBe(2);
    expect(await storage.list()).toHaveLength(1);
  });

  it("has encoded the checkpoint when it returns: callers change the object right after", async () => {
    const given = checkpoint("a");
    const saved = storage.save(given);
    given.messages.push({ role: "assistant", content: "later", timestamp: 2 });
    given.currentStep = 99;
    given.id = "b";
    await saved;
    expect(await storage.load("a")).toStrictEqual(checkpoint("a"));
    expect(await storage.load("b")).toBeNull();
  });

  it("keeps the order of overlapping calls, of several storages too", async () => {
    const other = new NativeCheckpointStorage({ rootDir });
    const large = checkpoint("a", { task: "x".repeat(3_000_000) });
    const answers = await Promise.all([
      storage.save(large),
      other.save(checkpoint("a", { currentStep: 2 })),
      storage.delete("a"),
      other.save(checkpoint("a", { currentStep: 4 })),
      storage.load("a"),
      other.list(),
    ]);
    expect(answers[2]).toBe(true);
    expect(answers[4]?.currentStep).toBe(4);
    expect(answers[5]).toHaveLength(1);
    expect(await storage.history("a")).toHaveLength(1);
    await other.close();
  });

  it.each([
    ["slashes", "../../escape/x"],
    ["a reserved name", "MANIFEST"],
    ["spaces and dots", " . "],
    ["a null character", "a\0b"],
    ["another script", "漢字🚀"],
    ["1,024 bytes", "é".repeat(512)],
  ])("takes an id with %s, and never makes a path of it", async (_name, id) => {
    await storage.save(checkpoint(id));
    expect(await storage.load(id)).toStrictEqual(checkpoint(id));
    expect((await storage.list())[0]?.id).toBe(id);
    expect(readdirSync(rootDir)).toStrictEqual(["engine"]);
    expect(readdirSync(join(rootDir, ".."))).toStrictEqual(["session"]);
    expect(await storage.delete(id)).toBe(true);
  });

  it.each([
    ["empty", ""],
    ["too long", "é".repeat(513)],
    ["a lone surrogate", "a\ud800"],
    ["a number", 7],
    ["nothing", undefined],
  ])("refuses an id that is %s", async (_name, id) => {
    const refusal = { code: "ERR_STORAGE_INVALID_ARGUMENT" };
    const given = id as string;
    await expect(storage.save({ ...checkpoint("a"), id: given })).rejects.toMatchObject(refusal);
    await expect(storage.load(given)).rejects.toMatchObject(refusal);
    await expect(storage.delete(given)).rejects.toMatchObject(refusal);
    await expect(storage.history(given)).rejects.toMatchObject(refusal);
    await expect(storage.loadVersion(given, 1)).rejects.toMatchObject(refusal);
    expect(existsSync(rootDir)).toBe(false);
  });

  it.each([
    ["nothing", undefined],
    ["null", null],
    ["a text", "a"],
  ])("refuses %s for a checkpoint", async (_name, given) => {
    await expect(storage.save(given as unknown as Checkpoint)).rejects.toMatchObject({
      code: "ERR_STORAGE_INVALID_ARGUMENT",
    });
  });

  it("refuses a record over the limit, and goes on", async () => {
    const small = new NativeCheckpointStorage({ rootDir, maxRecordBytes: 2000 });
    await small.save(checkpoint("a"));
    const refusal = { code: "ERR_STORAGE_TOO_LARGE" };
    await expect(small.save(checkpoint("a", { task: "x".repeat(2000) }))).rejects.toMatchObject(refusal);
    expect(await small.load("a")).toStrictEqual(checkpoint("a"));
    await small.close();
  });

  it("keeps a task of a megabyte, lists it whole, and knows its status without loading it", async () => {
    const task = "漢".repeat(400_000);
    await storage.save(checkpoint("large", { task, currentStep: 7, createdAt: 5 }));
    await storage.save(checkpoint("small"));
    expect((await storage.load("large"))?.task).toBe(task);
    expect((await storage.list({ createdBefore: 5 })).map((summary) => summary.task)).toStrictEqual([task]);
    expect(await storage.list()).toHaveLength(2);
    expect(await storage.history("large")).toMatchObject([{ currentStep: 7, status: "pending" }]);
  });

  it("keeps an agentId that can be no lineage", async () => {
    for (const agentId of ["x".repeat(2000), "\ud800", 7, undefined] as string[]) {
      await storage.save(checkpoint("a", { agentId }));
      expect((await storage.load("a"))?.agentId).toBe(agentId);
    }
  });
});

describe("history", () => {
  it("tells of every kept version, and loads it", async () => {
    for (let step = 1; step <= 5; step += 1) {
      await storage.save(
        checkpoint("a", { currentStep: step, status: step === 5 ? "completed" : "pending" }),
      );
    }
    const history = await storage.history("a");
    expect(history.map(({ version }) => version)).toStrictEqual([1, 2, 3, 4, 5]);
    expect(history.at(-1)).toMatchObject({ currentStep: 5, status: "completed" });
    expect(new Set(Object.keys(history[0] ?? {}))).toStrictEqual(
      new Set(["version", "savedAt", "bytes", "currentStep", "status"]),
    );
    expect(history.every(({ bytes, savedAt }) => bytes > 100 && savedAt > 1.7e12)).toBe(true);
    expect((await storage.loadVersion("a", 2))?.currentStep).toBe(2);
    expect(await storage.loadVersion("a", 6)).toBeNull();
    await expect(storage.loadVersion("a", 0)).rejects.toMatchObject({ code: "ERR_STORAGE_INVALID_ARGUMENT" });
  });

  it("keeps historyLimit versions", async () => {
    const short = new NativeCheckpointStorage({ rootDir: `${rootDir}-short`, historyLimit: 2 });
    for (let step = 1; step <= 4; step += 1) await short.save(checkpoint("a", { currentStep: step }));
    expect((await short.history("a")).map(({ version }) => version)).toStrictEqual([3, 4]);
    expect(await short.loadVersion("a", 2)).toBeNull();
    await short.close();
  });
});

describe("prune", () => {
  it("removes what was created before that many milliseconds ago, and no more", async () => {
    const now = Date.now();
    const ages: [string, unknown][] = [
      ["old", now - 10_000],
      ["new", now],
      ["future", now + 1e9],
      ["ancient", -1],
      ["never", Number.NaN],
      ["none", undefined],
      ["before all", -Infinity],
      ["after all", Infinity],
      ["a text", String(now - 10_000)],
    ];
    for (const [id, createdAt] of ages) {
      await storage.save(checkpoint(id, { createdAt: createdAt as number }));
    }
    expect(await storage.prune(Number.NaN)).toBe(0);
    expect(await storage.prune(Infinity)).toBe(0);
    expect(await storage.prune(5000)).toBe(4);
    const left = (await storage.list({ sortBy: "status" })).map(({ id }) => id);
    expect(left).toStrictEqual(["new", "future", "never", "none", "after all"]);
    expect(await storage.prune(5000)).toBe(0);
    expect(await storage.prune(-Infinity)).toBe(2);
    await expect(storage.prune("1" as unknown as number)).rejects.toMatchObject({
      code: "ERR_STORAGE_INVALID_ARGUMENT",
    });
  });

  it("leaves one that is saved again meanwhile", async () => {
    await storage.save(checkpoint("a", { createdAt: 1 }));
    await storage.save(checkpoint("b", { createdAt: 1 }));
    const pruned = storage.prune(0);
    // Whether the prune has seen the old version or the new one, the new one must stay.
    const saved = storage.save(checkpoint("b", { createdAt: Date.now() + 1e9 }));
    expect(await pruned).toBe(1);
    await saved;
    expect(await storage.load("a")).toBeNull();
    expect(await storage.load("b")).not.toBeNull();
  });
});

describe("closing", () => {
  it("finishes the calls before it, refuses those after, and may be done twice", async () => {
    const saved = storage.save(checkpoint("a", { task: "x".repeat(1_000_000) }));
    const closed = storage.close();
    await expect(storage.save(checkpoint("b"))).rejects.toMatchObject({ code: "ERR_STORAGE_CLOSED" });
    await expect(storage.load("a")).rejects.toMatchObject({ code: "ERR_STORAGE_CLOSED" });
    await expect(storage.list()).rejects.toMatchObject({ code: "ERR_STORAGE_CLOSED" });
    await expect(storage.flush()).rejects.toMatchObject({ code: "ERR_STORAGE_CLOSED" });
    await Promise.all([saved, closed, storage.close()]);
    const again = new NativeCheckpointStorage({ rootDir });
    expect((await again.load("a"))?.task).toHaveLength(1_000_000);
    await again.close();
  });

  it("covers what was not awaited", async () => {
    void storage.save(checkpoint("a"));
    await storage.flush();
    expect(await storage.load("a")).not.toBeNull();
  });

  // Would catch a prune, which is a list and then a batch, that is cut by whoever closes in between.
  it("finishes a prune", async () => {
    await storage.save(checkpoint("a", { createdAt: 1 }));
    const [pruned] = await Promise.allSettled([storage.prune(1000), storage.close()]);
    expect(pruned).toMatchObject({ value: 1 });
  });
});

describe("bad options", () => {
  it.each([
    ["no options", undefined, "options must be an object"],
    ["null", null, "options must be an object"],
    ["a text", "sessions/42", "options must be an object"],
    ["no rootDir", {}, "rootDir"],
    ["an empty rootDir", { rootDir: "" }, "rootDir must not be empty"],
    ["a rootDir that is a URL", { rootDir: new URL("file:///tmp") }, "fileURLToPath"],
    ["a rootDir that is no text", { rootDir: 7 }, "rootDir"],
    ["an option out of range", { rootDir: "x", historyLimit: 0 }, "historyLimit"],
    ["a negative idleReleaseMs", { rootDir: "x", idleReleaseMs: -1 }, "idleReleaseMs"],
  ])("are refused by the constructors: %s", (_name, options, named) => {
    for (const DropIn of [NativeCheckpointStorage, NativeTaskGraphEventLog]) {
      expect(() => new DropIn(options as unknown as { rootDir: string })).toThrow(
        expect.objectContaining({
          code: "ERR_STORAGE_INVALID_ARGUMENT",
          message: expect.stringContaining(named),
        }),
      );
    }
  });
});
