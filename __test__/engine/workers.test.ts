/** Worker threads: one engine for all of a process, and the end of a thread. */
import { expect, it } from "vitest";
import { noise, utf8 } from "../support/bytes.js";
import { durableThrough } from "../support/durable-mark.js";
import { NodeProcesses } from "../support/node-process.js";
import { Scratch } from "../support/scratch.js";

const scratch = new Scratch();
const processes = new NodeProcesses();

/** Code of a main thread that can start threads with `code`, in which `data` has a `directory` and what else they are given. */
function starting(code: string): string {
  const head = `
    const { createRequire } = require("node:module");
    const { parentPort, workerData: data } = require("node:worker_threads");
    const { StorageEngine } = createRequire(data.from)("agent-storage-engine");`;
  return `
    import { Worker } from "node:worker_threads";
    function start(data) {
      const workerData = { ...data, directory, from: rest[0] };
      return new Worker(${JSON.stringify(head + code)}, { eval: true, execArgv: [], workerData });
    }`;
}

it("share one engine with the main thread, and its order", async () => {
  const code = `${starting(`
      const engine = StorageEngine.openSync(data.directory);
      const saves = [];
      for (let count = 0; count < 100; count++) {
        engine.appendEvent(Buffer.from(data.number + "-" + count), "log");
        saves.push(engine.saveCheckpoint("worker " + data.number, Buffer.alloc(1000, count)));
      }
      Promise.all(saves).then(() => engine.close());`)}
    const engine = StorageEngine.openSync(directory);
    const workers = [1, 2, 3].map((number) => start({ number }));
    const ends = await Promise.all(workers.map((worker) => new Promise((resolve) => worker.on("exit", resolve))));
    console.log(ends.join(), engine.lastSequence("log"), [...engine.checkpoints()].length);
    await engine.close();`;
  const end = await processes.run(code, [scratch.path(), import.meta.filename]);
  expect(end).toMatchObject({ code: 0, stdout: "0,0,0 300 3\n", stderr: "" });
  const engine = scratch.open();
  const texts = Array.from(engine.replayEvents(0, { stream: "log" }), ({ data }) => `${data}`);
  for (const number of [1, 2, 3]) {
    const own = texts.filter((text) => text.startsWith(`${number}-`));
    expect(own).toEqual(Array.from({ length: 100 }, (_, count) => `${number}-${count}`));
    expect(engine.loadCheckpointSync(`worker ${number}`)?.equals(Buffer.alloc(1000, 99))).toBe(true);
  }
});

it("make what they accepted durable where they end by themselves", async () => {
  const code = `${starting(`
      const engine = StorageEngine.openSync(data.directory, { syncIntervalMs: 3_600_000 });
      engine.flushSync();
      engine.appendEvent(Buffer.from("last words"));
      process.exit(0);`)}
    start({}).on("exit", () => process.kill(process.pid, "SIGKILL"));`;
  const end = await processes.run(code, [scratch.path(), import.meta.filename]);
  expect(end).toMatchObject({ signal: "SIGKILL", stderr: "" });
  const durable = durableThrough(scratch.path());
  const [event] = scratch.open().replayEvents(0);
  expect(`${event?.data}`).toBe("last words");
  expect(durable).toBeGreaterThanOrEqual(event?.position ?? Number.NaN);
});

// A promise that is settled in an environment which is gone, or a store that stays held by it.
it("may be terminated in the middle of saves: nothing crashes, nothing acknowledged is lost", async () => {
  const code = `${starting(`
      const engine = StorageEngine.openSync(data.directory);
      const events = engine.replayEvents(0);
      void engine.verify({ onProgress: () => {} }).catch(() => {});
      for (let count = 0; count < 200; count++) {
        const id = data.round + "/" + count;
        engine.appendEvent(Buffer.from(id));
        engine.saveCheckpoint(id, Buffer.alloc(50_000 + count, id)).then(() => parentPort.postMessage(id));
      }`)}
    const acknowledged = new Set();
    for (let round = 0; round < 5; round++) {
      const worker = start({ round });
      await new Promise((resolve, reject) => {
        worker.on("error", reject);
        worker.on("message", (id) => {
          acknowledged.add(id);
          if (id === round + "/10") worker.terminate().then(resolve);
        });
      });
    }
    const engine = StorageEngine.openSync(directory);
    const lost = [...acknowledged].filter((id) => engine.loadCheckpointSync(id) === null);
    const { ok } = await engine.verify();
    await engine.close();
    console.log(acknowledged.size >= 5, lost.length, ok);`;
  const end = await processes.run(code, [scratch.path(), import.meta.filename]);
  expect(end).toMatchObject({ code: 0, signal: null, stdout: "true 0 true\n", stderr: "" });
  const engine = scratch.open();
  engine.appendEvent(utf8("goes on"));
  expect(engine.saveCheckpointSync("after", noise(1, 1000)).version).toBe(1);
});
