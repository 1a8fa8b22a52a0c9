/** What only shows at the end of a process. */
import { mkdirSync, realpathSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { StorageEngine } from "../../src/engine.js";
import { durableThrough } from "../support/durable-mark.js";
import { NodeProcesses } from "../support/node-process.js";
import { Scratch } from "../support/scratch.js";

const scratch = new Scratch();
const processes = new NodeProcesses();

/** Opens a store whose background sync is due in an hour, and appends an event. */
const APPEND = `
  const engine = StorageEngine.openSync(directory, { syncIntervalMs: 3_600_000 });
  await engine.flush();
  engine.appendEvent(Buffer.from("last words"));`;

/** The position of the one event that {@link APPEND} leaves behind. */
function positionOfEvent(): number {
  const [event] = scratch.open().replayEvents(0);
  expect(`${event?.data}`).toBe("last words");
  return event?.position ?? Number.NaN;
}

describe("the end of a process", () => {
  // Without this the tests below would pass whatever the exit hook does.
  it("by a kill keeps the event, not yet durable", async () => {
    const end = await processes.run(`${APPEND} process.kill(process.pid, "SIGKILL");`, [scratch.path()]);
    expect(end.signal).toBe("SIGKILL");
    const durable = durableThrough(scratch.path());
    expect(positionOfEvent()).toBeGreaterThan(durable);
  });

  it.each([
    ["process.exit()", "process.exit(7);", 7],
    ["an uncaught exception", "setImmediate(() => { throw new Error('uncaught'); });", 1],
    ["an unhandled rejection", "Promise.reject(new Error('unhandled'));", 1],
    ["running out of work", "", 0],
    [
      "an exit in the middle of saves",
      "void engine.saveCheckpoint('a', Buffer.alloc(5e6)); process.exit(3);",
      3,
    ],
  ])("by %s makes the event durable", async (_, how, code) => {
    const end = await processes.run(`${APPEND} ${how}`, [scratch.path()]);
    expect(end).toMatchObject({ code, signal: null });
    const durable = durableThrough(scratch.path());
    expect(durable).toBeGreaterThanOrEqual(positionOfEvent());
  });

  // A promise that the event loop does not know of.
  it("waits for a promise that is pending", async () => {
    const code = `
      const engine = await StorageEngine.open(directory);
      engine.saveCheckpoint("agent", Buffer.alloc(20_000_000, "data")).then(({ version }) => console.log("saved", version));`;
    const end = await processes.run(code, [scratch.path()]);
    expect(end).toMatchObject({ code: 0, stdout: "saved 1\n", stderr: "" });
    expect(scratch.open().loadCheckpointSync("agent")?.length).toBe(20_000_000);
  });

  // A thread, timer or listener that keeps the event loop turning.
  it("does not wait for a store that is open and idle, nor for its iterators", async () => {
    const code = `
      globalThis.engine = StorageEngine.openSync(directory);
      engine.appendEvents([Buffer.from("a"), Buffer.from("b")]);
      globalThis.events = engine.replayEvents(0);
      events.next();
      await engine.verify({ onProgress: () => {} });
      console.log("idle");`;
    expect(await processes.run(code, [scratch.path()])).toMatchObject({
      code: 0,
      stdout: "idle\n",
      stderr: "",
    });
  });

  // A listener of the package that makes a program's own ones look like a leak.
  it("is listened for without using up a listener of the program", async () => {
    const code = `
      while (process.listenerCount("exit") < process.getMaxListeners()) process.on("exit", () => {});
      const before = process.listenerCount("exit");
      for (let count = 0; count < 20; count++) StorageEngine.openSync(directory + count);
      await new Promise((resolve) => setImmediate(resolve));
      console.log(process.listenerCount("exit") - before);`;
    mkdirSync(scratch.path("many"));
    const end = await processes.run(code, [scratch.path("many/store")]);
    expect(end).toMatchObject({ code: 0, stdout: "1\n", stderr: "" });
  });
});

// Locks and descriptors that stay until the process ends.
it("handles that nobody closes are given back once they are collected", async () => {
  const code = `
    const { readdirSync } = await import("node:fs");
    const descriptors = () => process.platform === "linux" ? readdirSync("/proc/self/fd").length : 0;
    const turn = () => new Promise((resolve) => setTimeout(resolve, 10));
    StorageEngine.openSync(directory + "-first").closeSync();
    await turn();
    const before = descriptors();
    (() => {
      for (let count = 0; count < 20; count++) {
        const engine = StorageEngine.openSync(directory + count);
        engine.appendEvent(Buffer.from("kept"));
        engine.replayEvents(0).next();
        void engine.saveCheckpoint("agent", Buffer.alloc(100_000, 1));
      }
    })();
    await turn();
    do { globalThis.gc(); await turn(); } while (descriptors() > before);
    console.log("collected");
    process.stdin.resume();`;
  mkdirSync(scratch.path("many"));
  const path = scratch.path("many/store");
  const child = processes.start(code, [path], ["--expose-gc"]);
  await child.printed("collected");
  for (let count = 0; count < 20; count++) {
    const engine = await StorageEngine.open(path + count, { lockTimeoutMs: 60_000 });
    expect(engine.lastSequence()).toBe(1);
    expect(engine.loadCheckpointSync("agent")?.length).toBe(100_000);
    await engine.close();
  }
});

// An iterator that keeps the files of a closed store open, removed ones too, until it is collected.
it.skipIf(process.platform !== "linux")(
  "a closed store has no file open, whatever refers to it",
  async () => {
    const code = `
    const { readdirSync, readlinkSync } = await import("node:fs");
    const engine = StorageEngine.openSync(directory);
    engine.appendEvents([Buffer.from("a"), Buffer.from("b")]);
    globalThis.events = engine.replayEvents(0);
    events.next();
    await engine.close();
    const paths = readdirSync("/proc/self/fd").map((descriptor) => {
      try {
        return readlinkSync("/proc/self/fd/" + descriptor);
      } catch {
        return "";
      }
    });
    console.log(paths.filter((path) => path.startsWith(directory)).length);`;
    mkdirSync(scratch.path("real"));
    const end = await processes.run(code, [`${realpathSync(scratch.path("real"))}/store`]);
    expect(end).toMatchObject({ code: 0, stdout: "0\n", stderr: "" });
  },
);
