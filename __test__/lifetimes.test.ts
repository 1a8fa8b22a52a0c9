/**
 * Objects that nobody closes, and processes that just end. What is looked at are the process's own descriptors and threads, so the tests that need them
 * run on Linux.
 */
import { spawn } from "node:child_process";
import { existsSync, readdirSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { NativeCheckpointStorage } from "../src/compat/native-checkpoint-storage.js";
import { NativeTaskGraphEventLog } from "../src/compat/native-task-graph-event-log.js";
import { StorageEngine } from "../src/engine.js";
import { newDirectory } from "./support/directories.js";
import { durablePosition } from "./support/log-file.js";
import { checkpoint, event } from "./support/runtime-shapes.js";

const child = fileURLToPath(new URL("children/use-once.mjs", import.meta.url));
const onLinux = it.runIf(existsSync("/proc/self/fd"));

function heldBelow(directory: string): string[] {
  const links = readdirSync("/proc/self/fd").map((descriptor) => {
    try {
      return readlinkSync(`/proc/self/fd/${descriptor}`);
    } catch {
      return "";
    }
  });
  return links.filter((link) => link.startsWith(directory));
}

const threads = () => readdirSync("/proc/self/task").length;

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await setTimeout(5);
}

/** Runs the child to its end. */
async function run(what: string, rootDir: string, ...flags: string[]) {
  const process_ = spawn(process.execPath, [...flags, child, what, rootDir], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  process_.stdout.on("data", (chunk) => {
    output += chunk;
  });
  process_.stderr.resume();
  const code = await new Promise((resolve) => process_.on("close", resolve));
  return { code, output };
}

describe("a storage that has been idle", () => {
  onLinux("holds no descriptor, and the next call finds what it left", async () => {
    const rootDir = newDirectory();
    const storage = new NativeCheckpointStorage({ rootDir, idleReleaseMs: 30 });
    await storage.save(checkpoint("a"));
    await until(() => heldBelow(rootDir).length === 0);
    expect(await storage.load("a")).toStrictEqual(checkpoint("a"));
    await storage.close();
  });

  onLinux("lets another process use the store in between, and sees what that did", async () => {
    const rootDir = newDirectory();
    const storage = new NativeCheckpointStorage({ rootDir, idleReleaseMs: 30 });
    const log = new NativeTaskGraphEventLog({ rootDir, idleReleaseMs: 30 });
    await storage.save(checkpoint("a"));
    log.append(event(1));
    await until(() => heldBelow(rootDir).length === 0);
    expect((await run("save", rootDir)).code).toBe(0);
    const listed = await storage.list();
    expect(new Set(listed.map(({ id }) => id))).toStrictEqual(new Set(["a", "other"]));
    expect(log.replay(0)).toStrictEqual([event(1)]);
    log.append(event(2));
    await Promise.all([storage.close(), log.close()]);
  });

  onLinux("holds its store as long as it is told to", async () => {
    const rootDir = newDirectory();
    const storage = new NativeCheckpointStorage({ rootDir, idleReleaseMs: 0 });
    await storage.save(checkpoint("a"));
    await setTimeout(50);
    expect(heldBelow(rootDir).length).toBeGreaterThan(0);
    await storage.close();
    expect(heldBelow(rootDir)).toStrictEqual([]);
  });
});

describe("2,000 stores that are used once and dropped", () => {
  onLinux("share a few threads and leave no descriptor behind", async () => {
    const parent = newDirectory();
    const before = threads();
    const useOnce = async (number: number) => {
      const storage = new NativeCheckpointStorage({ rootDir: join(parent, `s${number}`), idleReleaseMs: 50 });
      await storage.save(checkpoint("a"));
    };
    for (let first = 0; first < 2_000; first += 100) {
      await Promise.all(Array.from({ length: 100 }, (_, index) => useOnce(first + index)));
    }
    expect(threads() - before).toBeLessThanOrEqual(12);
    await until(() => heldBelow(parent).length === 0);
  });
});

describe("garbage collection", () => {
  onLinux("gives back what a dropped storage held", async () => {
    const { code, output } = await run("drop", newDirectory(), "--expose-gc");
    expect(code).toBe(0);
    const { before, after } = JSON.parse(output);
    expect(before).toBeGreaterThan(0);
    expect(after).toBe(0);
  });
});

describe("the end of a process", () => {
  it.each([
    ["process.exit() right after an append", "exit", 7],
    ["an uncaught exception", "throw", 1],
  ])("%s leaves the event durable", async (_name, what, code) => {
    const rootDir = newDirectory();
    expect((await run(what, rootDir)).code).toBe(code);
    // The interval was an hour, so it is the end of the process that synced: the mark is written after a sync.
    expect(durablePosition(join(rootDir, "engine"))).toBeGreaterThan(0);
    const log = new NativeTaskGraphEventLog({ rootDir });
    expect(log.replay(0).map(({ id }) => id)).toStrictEqual(["e"]);
    await log.close();
  });
});

describe("a second process", () => {
  it("is refused with the holder's process id", async () => {
    const rootDir = newDirectory();
    const engine = await StorageEngine.open(join(rootDir, "engine"));
    expect((await run("save", rootDir)).code).toBe(1);
    await engine.close();
    expect((await run("save", rootDir)).code).toBe(0);
  });
});
