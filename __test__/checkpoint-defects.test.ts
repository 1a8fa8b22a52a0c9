/** The nine defects of today's storage: none can be shown on this one. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { NativeCheckpointStorage } from "../src/compat/checkpoints/native-checkpoint-storage.js";
import { StorageEngine } from "../src/engine.js";
import type { Checkpoint, CheckpointMessage } from "../src/types.js";
import { newDirectory } from "./support/directories.js";
import { checkpoint } from "./support/runtime-shapes.js";

let parent: string;
let rootDir: string;
let storage: NativeCheckpointStorage;
beforeEach(() => {
  parent = newDirectory();
  rootDir = join(parent, "session");
  storage = new NativeCheckpointStorage({ rootDir });
});
afterEach(() => storage.close());

function message(content: string, extra: Record<string, unknown> = {}): CheckpointMessage {
  return { role: "assistant", content, timestamp: 1, ...extra };
}

/** So far apart that the clock may go on between a call and what it does. */
const SECONDS_BETWEEN = 3600;

/** An agent's checkpoints, each a step on from the one before: each is stored as a delta. */
async function saveSteps(count: number): Promise<Checkpoint[]> {
  const messages = Array.from({ length: 50 }, (_, index) =>
    message(`message ${index} ${"text ".repeat(40)}`),
  );
  const steps: Checkpoint[] = [];
  for (let step = 0; step < count; step += 1) {
    messages.push(message(`step ${step}`));
    const createdAt = (step + 1) * SECONDS_BETWEEN * 1000;
    steps.push(checkpoint(`step-${step}`, { messages: [...messages], currentStep: step, createdAt }));
  }
  for (const step of steps) await storage.save(step);
  return steps;
}

describe("defect 1: deleting or pruning what others are deltas of", () => {
  it("loses none of those others", async () => {
    const steps = await saveSteps(9);
    await storage.delete("step-0");
    expect(await storage.prune(Date.now() - 3.5 * SECONDS_BETWEEN * 1000)).toBe(2);
    for (const step of steps.slice(3)) expect(await storage.load(step.id)).toStrictEqual(step);
    await storage.close();
    await compact();
    storage = new NativeCheckpointStorage({ rootDir });
    for (const step of steps.slice(3)) expect(await storage.load(step.id)).toStrictEqual(step);
    for (const step of steps.slice(0, 3)) expect(await storage.load(step.id)).toBeNull();
  });

  async function compact(): Promise<void> {
    await using engine = await StorageEngine.open(join(rootDir, "engine"));
    await engine.compact();
  }
});

describe("defect 2: saving again what others are deltas of", () => {
  it("does not change what they load", async () => {
    const steps = await saveSteps(5);
    await storage.save(checkpoint("step-0", { task: "another", messages: [] }));
    await storage.save(checkpoint("step-2", { task: "another", messages: [] }));
    for (const index of [1, 3, 4]) expect(await storage.load(`step-${index}`)).toStrictEqual(steps[index]);
  });
});

describe("defect 3: a field that goes from set to unset", () => {
  it("is unset, whether the id is the same or new", async () => {
    const failed = { error: { message: "m", recoverable: true }, parentCheckpointId: "p" };
    await storage.save(checkpoint("a", failed));
    await storage.save(checkpoint("b"));
    await storage.save(checkpoint("a"));
    for (const id of ["a", "b"]) {
      const loaded = await storage.load(id);
      expect(loaded).toStrictEqual(checkpoint(id));
      expect("error" in (loaded ?? {}) || "parentCheckpointId" in (loaded ?? {})).toBe(false);
    }
    expect((await storage.list()).every(({ hasError }) => !hasError)).toBe(true);
  });
});

describe("defect 4: messages that differ in a field of the caller's own", () => {
  it("are different messages", async () => {
    await storage.save(checkpoint("a", { messages: [message("c", { tokens: 1 })] }));
    await storage.save(checkpoint("b", { messages: [message("c", { tokens: 2 })] }));
    expect((await storage.load("b"))?.messages).toStrictEqual([message("c", { tokens: 2 })]);
  });
});

describe("defect 5: nothing is ever synced", () => {
  it("a save is durable when it resolves: a sync has run after it", async () => {
    using engine = StorageEngine.openSync(join(rootDir, "engine"));
    for (let step = 1; step <= 3; step += 1) {
      const before = engine.stats().syncs;
      await storage.save(checkpoint("a", { currentStep: step }));
      expect(engine.stats().syncs).toBeGreaterThan(before);
      expect(engine.stats().syncLagMs).toBe(0);
    }
  });
});

describe("defect 6: overlapping saves race", () => {
  it("all of them are there, and the last of each id holds", async () => {
    const saves: Promise<void>[] = [];
    for (let step = 0; step < 100; step += 1) {
      saves.push(storage.save(checkpoint(`id-${step % 10}`, { currentStep: step })));
    }
    await Promise.all(saves);
    const listed = await storage.list();
    expect(new Map(listed.map(({ id, currentStep }) => [id, currentStep]))).toStrictEqual(
      new Map(Array.from({ length: 10 }, (_, index) => [`id-${index}`, 90 + index])),
    );
    expect((await storage.history("id-3")).map(({ currentStep }) => currentStep)).toStrictEqual([
      3, 13, 23, 33, 43, 53, 63, 73, 83, 93,
    ]);
  });
});

describe("defect 7: an id is used as a file name", () => {
  it("no id escapes the directory, and any name works", async () => {
    const ids = ["../x", "/etc/x", "a/b/c", "..", "CON", "x".repeat(1024), "engine", "a\\b"];
    for (const id of ids) await storage.save(checkpoint(id));
    for (const id of ids) expect(await storage.load(id)).toStrictEqual(checkpoint(id));
    expect(readdirSync(parent)).toStrictEqual(["session"]);
    expect(readdirSync(rootDir)).toStrictEqual(["engine"]);
    const names = readdirSync(join(rootDir, "engine"));
    expect(names.every((name) => /^(MANIFEST|owner|lock|[0-9a-f]{16}\.(log|run|pack))$/.test(name))).toBe(
      true,
    );
  });
});

describe("defect 8: each save rewrites the whole index", () => {
  it("what a save writes does not grow with the number of checkpoints", async () => {
    using engine = StorageEngine.openSync(join(rootDir, "engine"));
    const grownBy = async (id: string): Promise<number> => {
      const before = engine.stats().logBytes;
      await storage.save(checkpoint(id));
      return engine.stats().logBytes - before;
    };
    const first = await grownBy("first");
    for (let batch = 0; batch < 10; batch += 1) {
      await Promise.all(
        Array.from({ length: 100 }, (_, index) => storage.save(checkpoint(`${batch}-${index}`))),
      );
    }
    expect(await grownBy("last")).toBeLessThan(first + 200);
  });
});

describe("defect 9: a save blocks the event loop for the whole of its work", () => {
  it("compressing and syncing a large checkpoint goes on beside the event loop", async () => {
    const large = checkpoint("a", {
      task: Array.from({ length: 300_000 }, (_, index) => index * 7919).join(" "),
    });
    let isSaved = false;
    const saved = storage.save(large).then(() => {
      isSaved = true;
    });
    let turns = 0;
    while (!isSaved) {
      await new Promise(setImmediate);
      turns += 1;
    }
    await saved;
    expect(turns).toBeGreaterThan(3);
  });

  it("a checkpoint is encoded once", async () => {
    let reads = 0;
    const counted = { ...checkpoint("a") };
    Object.defineProperty(counted, "metadata", {
      enumerable: true,
      get: () => {
        reads += 1;
        return {};
      },
    });
    await storage.save(counted);
    await storage.save(counted);
    expect(reads).toBe(2);
  });
});
