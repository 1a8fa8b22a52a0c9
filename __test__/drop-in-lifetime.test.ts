/**
 * Drop-ins that nobody closes: what they hold is given back, and the next call works as if nothing had happened.
 *
 * What a process has open is read from `/proc`, so those tests run on Linux.
 */
import { cpSync, existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { afterAll, describe, expect, it, vi } from "vitest";
import { type NativeColumnWalk, nativeBinding } from "../src/binding.js";
import { NativeCheckpointStorage } from "../src/compat/checkpoints/native-checkpoint-storage.js";
import { NativeTaskGraphEventLog } from "../src/compat/task-graph/native-task-graph-event-log.js";
import { StorageEngine } from "../src/engine.js";
import { runChild } from "./support/child.js";
import { newDirectory } from "./support/directories.js";
import { checkpoint, event } from "./support/runtime-shapes.js";

const onLinux = describe.skipIf(process.platform !== "linux");

/** Saves and appends like a new process of a rolling restart, whose graph begins at 1. */
const USE_ONCE = `
  const checkpoints = new storage.NativeCheckpointStorage({ rootDir: input.rootDir });
  const log = new storage.NativeTaskGraphEventLog({ rootDir: input.rootDir });
  const failure = await checkpoints.save(input.checkpoint).then(() => null, ({ code, holderPid }) => ({ code, holderPid }));
  if (failure === null) for (const event of input.events) log.append(event);
  answer({ failure, loaded: await checkpoints.load("a").catch(() => null) });`;

onLinux("an idle drop-in", () => {
  it("holds no lock and no descriptor, and goes on where another process has been meanwhile", async () => {
    const rootDir = newDirectory();
    const code = `
      const options = { rootDir: input.rootDir, idleReleaseMs: 100 };
      const checkpoints = new storage.NativeCheckpointStorage(options);
      const log = new storage.NativeTaskGraphEventLog(options);
      await checkpoints.save(input.checkpoint);
      for (const event of input.events) log.append(event);
      const held = openBelow(input.rootDir).length;
      const left = await untilReleased(input.rootDir);
      const { execFileSync } = require("node:child_process");
      const other = JSON.parse(execFileSync(process.execPath, ["--eval", input.other, JSON.stringify(input.otherInput)]));
      const seen = (await checkpoints.load("a")).task;
      log.append(input.next);
      const run = log.replay(1).map(({ id }) => id);
      answer({ held: held > 0, left, failure: other.failure, seen, run, history: (await checkpoints.history("a")).length });`;
    const entry = join(import.meta.dirname, "../dist/index.js");
    const other = `
      const storage = require(${JSON.stringify(entry)});
      const input = JSON.parse(process.argv[1]);
      const answer = (value) => process.stdout.write(JSON.stringify(value));
      (async () => {${USE_ONCE}})();`;
    const answer = await runChild(code, {
      rootDir,
      checkpoint: checkpoint("a", { task: "first" }),
      events: [event(1), event(2), event(3)],
      other,
      otherInput: {
        rootDir,
        checkpoint: checkpoint("a", { task: "second" }),
        events: [event(1, "*"), event(2, "*")],
      },
      next: event(3, "+"),
    });
    expect(answer).toStrictEqual({
      held: true,
      left: 0,
      failure: null,
      seen: "second",
      run: ["event-1*", "event-2*", "event-3+"],
      history: 2,
    });
  });

  // A store that is let go between two reads of one call: decoding takes longer than it is kept for, or the process stood still.
  it("is not let go in the middle of a replay", async () => {
    const log = new NativeTaskGraphEventLog({ rootDir: newDirectory(), idleReleaseMs: 1 });
    log.append(event(1));
    const { NativeColumnWalk } = nativeBinding();
    const next = NativeColumnWalk.prototype.next;
    const slow = vi.spyOn(NativeColumnWalk.prototype, "next").mockImplementation(function (
      this: NativeColumnWalk,
    ) {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500);
      return next.apply(this);
    });
    try {
      expect(log.replay(0)).toHaveLength(1);
      expect(slow).toHaveBeenCalled();
    } finally {
      slow.mockRestore();
      await log.close();
    }
  });

  it("is held while it is in use: a second process is told who holds it", async () => {
    const rootDir = newDirectory();
    const storage = new NativeCheckpointStorage({ rootDir, idleReleaseMs: 0 });
    await storage.save(checkpoint("a"));
    const answer = await runChild(USE_ONCE, { rootDir, checkpoint: checkpoint("a"), events: [] });
    expect(answer).toStrictEqual({
      failure: { code: "ERR_STORAGE_LOCKED", holderPid: process.pid },
      loaded: null,
    });
    await storage.close();
    const free = await runChild(USE_ONCE, {
      rootDir,
      checkpoint: checkpoint("a", { task: "2" }),
      events: [],
    });
    expect(free).toMatchObject({ failure: null, loaded: { task: "2" } });
  });

  it("does not keep its process alive, and loses nothing when it ends", async () => {
    const rootDir = newDirectory();
    const code = `
      const checkpoints = new storage.NativeCheckpointStorage({ rootDir: input.rootDir });
      const log = new storage.NativeTaskGraphEventLog({ rootDir: input.rootDir });
      void checkpoints.save(input.checkpoint);
      log.append(input.event);
      answer("ends by itself");`;
    expect(await runChild(code, { rootDir, checkpoint: checkpoint("a"), event: event(1) })).toBe(
      "ends by itself",
    );
    const storage = new NativeCheckpointStorage({ rootDir });
    expect(await storage.load("a")).toStrictEqual(checkpoint("a"));
    await storage.close();
    const log = new NativeTaskGraphEventLog({ rootDir });
    expect(log.replay(1)).toStrictEqual([event(1)]);
    await log.close();
  });
});

onLinux("many drop-ins that are dropped", () => {
  // In memory where there is such a place: the number of syncs is not what is tested.
  const parent = existsSync("/dev/shm")
    ? realpathSync(mkdtempSync("/dev/shm/agent-storage-"))
    : newDirectory();
  afterAll(() => rmSync(parent, { recursive: true, force: true }));

  it("2,000 stores used once leave no descriptor and no thread behind", async () => {
    const code = `
      const threads = () => fs.readdirSync("/proc/self/task").length;
      const use = (index) => {
        const options = { rootDir: input.parent + "/" + index, idleReleaseMs: 50 };
        new storage.NativeTaskGraphEventLog(options).append(input.event);
        return new storage.NativeCheckpointStorage(options).save(input.checkpoint);
      };
      for (let index = 0; index < 20; index += 1) await use(index);
      const before = threads();
      for (let index = 20; index < 2000; index += 1) await use(index);
      const left = await untilReleased(input.parent);
      const more = threads() - before;
      const again = new storage.NativeCheckpointStorage({ rootDir: input.parent + "/7" });
      answer({ left, fewMore: more <= 8, found: (await again.load("a")).task });`;
    const input = { parent, checkpoint: checkpoint("a", { task: "t" }), event: event(1) };
    expect(await runChild(code, input)).toStrictEqual({ left: 0, fewMore: true, found: "t" });
  });

  it("one storage for each request on one rootDir shares what is open", async () => {
    const rootDir = join(parent, "shared");
    const code = `
      const log = new storage.NativeTaskGraphEventLog({ rootDir: input.rootDir });
      let most = 0;
      for (let index = 1; index <= 300; index += 1) {
        log.append({ ...input.event, sequenceId: index });
        const checkpoints = new storage.NativeCheckpointStorage({ rootDir: input.rootDir });
        await checkpoints.save({ ...input.checkpoint, currentStep: index });
        most = Math.max(most, openBelow(input.rootDir).length);
      }
      const last = new storage.NativeCheckpointStorage({ rootDir: input.rootDir });
      answer({ few: most <= 16, step: (await last.load("a")).currentStep, events: log.replay(1).length });`;
    const answer = await runChild(code, { rootDir, checkpoint: checkpoint("a"), event: event(1) });
    expect(answer).toStrictEqual({ few: true, step: 300, events: 300 });
  });

  it("closing a log gives back what its replays had open", async () => {
    const rootDir = join(parent, "replayed");
    const code = `
      const log = new storage.NativeTaskGraphEventLog({ rootDir: input.rootDir });
      for (let sequenceId = 1; sequenceId <= 100; sequenceId += 1) log.append({ ...input.event, sequenceId });
      const events = log.replay(1).length;
      const held = openBelow(input.rootDir).length > 0;
      await log.close();
      answer({ events, held, left: openBelow(input.rootDir).length });`;
    const answer = await runChild(code, { rootDir, event: event(1) });
    expect(answer).toStrictEqual({ events: 100, held: true, left: 0 });
  });

  it("garbage collection gives back what is never idle", async () => {
    const rootDir = join(parent, "collected");
    const code = `
      const use = async () => {
        const options = { rootDir: input.rootDir, idleReleaseMs: 0 };
        const log = new storage.NativeTaskGraphEventLog(options);
        log.append(input.event);
        log.replay(1);
        await new storage.NativeCheckpointStorage(options).save(input.checkpoint);
      };
      await use();
      const held = openBelow(input.rootDir).length > 0;
      answer({ held, left: await untilReleased(input.rootDir, gc) });`;
    const input = { rootDir, checkpoint: checkpoint("a"), event: event(1) };
    expect(await runChild(code, input, ["--expose-gc"])).toStrictEqual({ held: true, left: 0 });
  });
});

describe("where it lies", () => {
  it("a relative rootDir is the one of the moment it was constructed", async () => {
    const from = newDirectory();
    const to = newDirectory();
    const code = `
      process.chdir(input.from);
      const checkpoints = new storage.NativeCheckpointStorage({ rootDir: "session/../session" });
      const log = new storage.NativeTaskGraphEventLog({ rootDir: "./session" });
      process.chdir(input.to);
      await checkpoints.save(input.checkpoint);
      log.append(input.event);
      answer([fs.readdirSync(input.from), fs.readdirSync(input.to), fs.readdirSync(input.from + "/session")]);`;
    const answer = await runChild(code, { from, to, checkpoint: checkpoint("a"), event: event(1) });
    expect(answer).toStrictEqual([["session"], [], ["engine"]]);
  });

  it("several storages and a log share one rootDir, and see each other's calls", async () => {
    const rootDir = newDirectory();
    const log = new NativeTaskGraphEventLog({ rootDir });
    const storages = Array.from({ length: 4 }, () => new NativeCheckpointStorage({ rootDir }));
    const saves = storages.map((storage, index) => {
      log.append(event(index + 1));
      return storage.save(checkpoint("a", { currentStep: index }));
    });
    await Promise.all(saves);
    for (const storage of storages) expect((await storage.load("a"))?.currentStep).toBe(3);
    await storages[0]?.close();
    expect((await storages[1]?.load("a"))?.currentStep).toBe(3);
    expect(log.replay(1)).toHaveLength(4);
    await Promise.all([...storages.map((storage) => storage.close()), log.close()]);
  });

  it("nothing that the drop-ins keep for themselves shows in the engine", async () => {
    const rootDir = newDirectory();
    const storage = new NativeCheckpointStorage({ rootDir });
    const log = new NativeTaskGraphEventLog({ rootDir });
    await storage.save(checkpoint("a"));
    for (const id of [1, 2, 3, 2, 1]) log.append(event(id));
    log.prune(2);
    using engine = StorageEngine.openSync(join(rootDir, "engine"));
    expect([...engine.checkpoints()].map(({ id }) => id)).toStrictEqual(["a"]);
    expect(engine.streams().map(({ name }) => name)).toStrictEqual(["task-graph"]);
    await Promise.all([storage.close(), log.close()]);
  });
});

// `await using` that does not compile, or that leaves a drop-in open.
it("the end of a block closes a drop-in", async () => {
  const rootDir = newDirectory();
  const ended = async (): Promise<[NativeCheckpointStorage, NativeTaskGraphEventLog]> => {
    await using storage = new NativeCheckpointStorage({ rootDir });
    await using log = new NativeTaskGraphEventLog({ rootDir });
    log.append(event(1));
    await storage.save(checkpoint("a"));
    return [storage, log];
  };
  const [storage, log] = await ended();
  const closed = expect.objectContaining({ code: "ERR_STORAGE_CLOSED", path: join(rootDir, "engine") });
  await expect(storage.load("a")).rejects.toEqual(closed);
  expect(() => log.replay(1)).toThrow(closed);
});

describe("where no native binary loads", () => {
  it("the constructors throw, so that the runtime can choose its fallback", () => {
    const copy = newDirectory();
    const root = join(import.meta.dirname, "..");
    mkdirSync(join(copy, "package"));
    for (const part of ["dist", "index.js", "package.json"]) {
      cpSync(join(root, part), join(copy, "package", part), { recursive: true });
    }
    const { NativeCheckpointStorage: Checkpoints, NativeTaskGraphEventLog: Log } = createRequire(
      import.meta.url,
    )(join(copy, "package/dist/index.js"));
    // Advice behind a list of files, some of which never existed for any platform.
    const words = `^no native binary .* ${process.platform}-${process.arch}: install .* build .* Looked for: .*${process.platform}`;
    const unavailable = expect.objectContaining({
      code: "ERR_STORAGE_UNAVAILABLE",
      message: expect.stringMatching(new RegExp(words)),
    });
    const speaksOfWasm = expect.objectContaining({ message: expect.stringMatching(/was[mi]/) });
    expect(() => new Checkpoints({ rootDir: copy })).toThrow(unavailable);
    expect(() => new Log({ rootDir: copy })).toThrow(unavailable);
    expect(() => new Log({ rootDir: copy })).not.toThrow(speaksOfWasm);
  });
});
