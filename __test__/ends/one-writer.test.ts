/**
 * One writer: whichever way a second one comes, another process or another copy of the addon, it is refused and told who holds the store.
 *
 * The bugs this would catch: a lock that is on a file one can remove, on a path that has a second name, or on the process and not on the copy of the
 * addon; one that outlives its holder.
 */
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, type TestContext } from "vitest";

import { StorageEngine } from "../../src/engine.js";
import { NodeProcesses } from "../support/node-process.js";
import { Scratch } from "../support/scratch.js";

const scratch = new Scratch();
const processes = new NodeProcesses();
const DATA = /^MANIFEST$|\.(log|run|pack)$/;

const HOLD = `
  const engine = StorageEngine.openSync(directory);
  engine.appendEvent(Buffer.from("held"));
  console.log("holding");
  process.stdin.on("close", () => engine.close()).resume();`;

/** A process that holds the store at `scratch.path()`. */
async function holding() {
  const holder = processes.start(HOLD, [scratch.path()]);
  await holder.printed("holding");
  return holder;
}

/** Each way to open or read at `path` a store that somebody else holds. */
function attempts(path: string): (() => Promise<unknown>)[] {
  return [
    () => StorageEngine.open(path),
    () => StorageEngine.verify(path),
    async () => StorageEngine.openSync(path),
  ];
}

async function expectRefused(given: string, holderPid: number | undefined): Promise<void> {
  const path = realpathSync(given);

  for (const attempt of attempts(given)) {
    const error = await attempt().then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({ name: "StorageError", code: "ERR_STORAGE_LOCKED", path });
    expect((error as { holderPid?: number }).holderPid).toBe(holderPid);
  }
}

/** Runs `use` with the store's directory mounted at another path, where that is possible. */
async function mountedAgain(context: TestContext, use: (path: string) => Promise<void>): Promise<void> {
  if (process.platform !== "linux" || process.getuid?.() !== 0) context.skip("only root on Linux can mount");
  const target = scratch.path("mounted");
  mkdirSync(target);
  const { status, stderr } = spawnSync("mount", ["--bind", scratch.path(), target], { encoding: "utf8" });
  if (status !== 0) context.skip(`nothing can be mounted here: ${stderr}`);
  try {
    await use(target);
  } finally {
    // What is still open below must not keep it.
    spawnSync("umount", ["--lazy", target]);
  }
}

describe("a second process", () => {
  it("is refused with the holder's id, and let in once that closes or is killed", async () => {
    for (const end of ["close", "kill"]) {
      const holder = await holding();
      await expectRefused(scratch.path(), holder.pid);
      if (end === "kill") holder.kill();
      else holder.release();
      await holder.ended;
      const engine = scratch.open();
      expect(engine.lastSequence()).toBe(end === "kill" ? 2 : 1);
      await engine.close();
    }
  });

  it("waits for the holder where it may", async () => {
    const holder = await holding();
    const opening = StorageEngine.open(scratch.path(), { lockTimeoutMs: 100_000 });
    holder.release();
    const engine = await opening;
    expect(engine.lastSequence()).toBe(1);
    await engine.close();
  });

  it("is refused through a symbolic link, to the store or above it, and let in through it after a kill", async () => {
    const holder = await holding();
    const links = { store: scratch.path("link"), parent: scratch.path("parent") };
    symlinkSync(scratch.path(), links.store);
    symlinkSync(realpathSync(scratch.path("")), links.parent);
    await expectRefused(links.store, holder.pid);
    await expectRefused(join(links.parent, "store"), holder.pid);
    holder.kill();
    await holder.ended;
    expect(scratch.open({}, links.store).lastSequence()).toBe(1);
  });

  it("is refused through a bind mount", async (context) => {
    const holder = await holding();
    await mountedAgain(context, async (mounted) => {
      await expectRefused(mounted, holder.pid);
      holder.kill();
      await holder.ended;
      const [engine, other] = [scratch.open({}, mounted), scratch.open()];
      // One engine by either path.
      expect(other.appendEvent(Buffer.from("by the other path"))).toBe(2);
      expect(engine.lastSequence()).toBe(2);
      await Promise.all([engine.close(), other.close()]);
    });
  });

  it("is refused where every file was removed that is not data, and then every other", async () => {
    const holder = await holding();
    const remove = (doomed: (name: string) => boolean) => {
      const names = readdirSync(scratch.path()).filter(doomed);
      for (const name of names) rmSync(scratch.path(join("store", name)));
      return names;
    };
    expect(remove((name) => !DATA.test(name))).not.toEqual([]);
    await expectRefused(scratch.path(), undefined);
    holder.release();
    expect(await holder.ended).toMatchObject({ code: 0, stderr: "" });
    const again = await holding();
    remove(() => true);
    await expectRefused(scratch.path(), undefined);
    again.kill();
  });
});

it("a link in the same process leads to the same engine", () => {
  const engine = scratch.open();
  symlinkSync(scratch.path(), scratch.path("link"));
  const other = scratch.open({}, scratch.path("link"));
  expect(engine.appendEvent(Buffer.from("one"))).toBe(1);
  expect(other.appendEvent(Buffer.from("two"))).toBe(2);
  expect(engine.lastSequence()).toBe(2);
});

it("a second copy of the addon in one process is a second writer", async () => {
  const root = join(import.meta.dirname, "../..");
  const copy = scratch.path("copy");
  const binaries = readdirSync(root).filter((name) => name.endsWith(".node"));
  for (const part of ["dist", "index.js", "package.json", ...binaries])
    cpSync(join(root, part), join(copy, part), { recursive: true });
  const code = `
    const { createRequire } = await import("node:module");
    const copy = createRequire(rest[0])("agent-storage-engine");
    const told = [copy.StorageEngine === StorageEngine];
    for (const [first, second] of [[storage, copy], [copy, storage]]) {
      const engine = first.StorageEngine.openSync(directory);
      engine.appendEvent(Buffer.from("held"));
      const refused = await second.StorageEngine.open(directory).catch((error) => error);
      told.push(refused instanceof second.StorageError, refused.code, refused.holderPid === process.pid);
      await engine.close();
      const next = await second.StorageEngine.open(directory);
      told.push(next.lastSequence());
      await next.close();
    }
    console.log(JSON.stringify(told));`;
  const end = await processes.run(code, [scratch.path(), join(copy, "package.json")]);
  expect(end).toMatchObject({ code: 0, stderr: "" });
  const refused = [true, "ERR_STORAGE_LOCKED", true];
  expect(JSON.parse(end.stdout)).toEqual([false, ...refused, 1, ...refused, 2]);
});
