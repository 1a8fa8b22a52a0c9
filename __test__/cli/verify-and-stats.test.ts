/** What `verify` and `stats` tell, and the codes they end with. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { callCommand, runCommand } from "../support/command.js";
import { damage } from "../support/damage.js";
import { NodeProcesses } from "../support/node-process.js";
import { Scratch } from "../support/scratch.js";

const scratch = new Scratch();
const processes = new NodeProcesses();

let rootDir: string;
let store: string;

/** The store of a drop-in: two streams, one checkpoint in two versions. */
beforeEach(async () => {
  rootDir = scratch.path("root");
  store = join(rootDir, "engine");
  mkdirSync(rootDir);
  const engine = scratch.open({}, store);
  engine.appendEvents([Buffer.from("first"), Buffer.from("second"), Buffer.from("third")], "runs");
  engine.prune(2, "runs");
  engine.appendEvent(Buffer.from("other"), "\u001b[31mred");
  await engine.saveCheckpoint("agent", Buffer.from("state one"));
  await engine.saveCheckpoint("agent", Buffer.from("state two"));
  await engine.close();
});

describe("verify", () => {
  // A sound store that a script takes for a damaged one.
  it("tells what it read, and ends with 0", async () => {
    const end = await runCommand("verify", store);
    expect(end).toMatchObject({ code: 0, signal: null, stderr: "" });
    expect(end.stdout).toContain("Sound");
    expect(end.stdout).toMatch(/^versions of them +2$/m);
  });

  // A `rootDir` that is taken for an empty directory; a result that does not say of which store it is.
  it.each([
    ["rootDir", () => rootDir],
    ["engine", () => store],
  ])("takes a directory of the kind %s, and says which store it read", async (layout, named) => {
    const end = await callCommand("verify", "--json", named());
    expect(end).toMatchObject({ code: 0, stderr: "" });
    expect(JSON.parse(end.stdout)).toEqual({
      ...{ directory: store, layout, ok: true, damage: [] },
      ...{ files: 2, bytes: expect.any(Number), events: 3, checkpoints: 1, versions: 2 },
    });
    expect((await callCommand("verify", named())).stdout).toContain(JSON.stringify(store));
  });

  // A code of 0 with damage would let every script go on.
  it("tells every damaged place with its file, and ends with 1", async () => {
    const path = damage(store, "second");
    const found = { path, offset: expect.any(Number), what: "log frame" };
    const json = await runCommand("verify", "--json", store);
    expect(json.code).toBe(1);
    expect(JSON.parse(json.stdout)).toMatchObject({ ok: false, damage: [found] });
    const text = await callCommand("verify", store);
    expect(text.code).toBe(1);
    expect(text.stdout).toContain("Damaged: 1 place\n");
    expect(text.stdout).toContain(JSON.stringify(path));
    expect(text.stdout).toContain("Restore a backup");
  });
});

describe("stats", () => {
  // Figures in bytes alone, or pruned events that are counted.
  it("tells the figures and the streams", async () => {
    const end = await callCommand("stats", rootDir);
    expect(end).toMatchObject({ code: 0, stderr: "" });
    expect(end.stdout).toMatch(/^on disk +\d+\.\d KiB$/m);
    expect(end.stdout).toMatch(/^"runs" +2 +2 +3 +11 B$/m);
  });

  // A field that scripts rely on and that is gone.
  it("tells them as JSON", async () => {
    const end = await callCommand("stats", rootDir, "--json");
    expect(JSON.parse(end.stdout)).toMatchObject({
      ...{ directory: store, layout: "rootDir" },
      stats: { events: 3, checkpoints: 1, versions: 2, poisoned: false },
      streams: [
        { name: "\u001b[31mred", firstSequence: 1, lastSequence: 1, bytes: 5 },
        { name: "runs", firstSequence: 2, lastSequence: 3, bytes: 11 },
      ],
    });
  });

  // A name that colours, clears or retitles the terminal of whoever looks at a store.
  it("lets no name steer the terminal", async () => {
    const { stdout } = await callCommand("stats", rootDir);
    expect(stdout).toContain('"\\u001b[31mred"');
    expect(stdout).not.toContain("\u001b");
  });

  // Damage that only opening meets and that ends like a wrong option.
  it("ends with 1 where opening finds damage", async () => {
    const path = damage(store, "second");
    const json = await callCommand("stats", "--json", store);
    expect(json).toMatchObject({ code: 1, stderr: "" });
    const error = {
      code: "ERR_STORAGE_CORRUPT",
      message: expect.any(String),
      path,
      offset: expect.any(Number),
    };
    expect(JSON.parse(json.stdout)).toEqual({ directory: store, layout: "engine", error });
    const text = await runCommand("stats", store);
    expect(text).toMatchObject({ code: 1, stdout: "" });
    expect(text.stderr).toContain("ERR_STORAGE_CORRUPT");
  });
});

describe.each(["verify", "stats", "repair", "dump"])("%s", (verb) => {
  const jsonOf = (end: { stdout: string }) => (verb === "dump" ? undefined : JSON.parse(end.stdout));
  const run = (directory: string) => callCommand(verb, directory, ...(verb === "dump" ? [] : ["--json"]));

  // "It is locked", and nobody knows by whom.
  it("says who holds the store, and ends with 2", async () => {
    const holder = processes.start(
      `globalThis.engine = StorageEngine.openSync(directory); console.log("holding"); process.stdin.resume();`,
      [store],
    );
    await holder.printed("holding");
    const end = await run(rootDir);
    expect(end.code).toBe(2);
    if (verb === "dump") expect(end.stderr).toContain(`The process ${holder.pid} has the store open`);
    else expect(jsonOf(end).error).toMatchObject({ code: "ERR_STORAGE_LOCKED", holderPid: holder.pid });
  });

  // A code of 1, which says that a store is damaged.
  it.each([
    ["nothing is", () => join(rootDir, "missing"), "ERR_STORAGE_NOT_FOUND"],
    ["something else is", () => import.meta.dirname, "ERR_STORAGE_NOT_A_STORE"],
    ["a file is", () => import.meta.filename, "ERR_STORAGE_NOT_A_STORE"],
  ])("ends with 2 where %s", async (_, directory, code) => {
    const end = await run(directory());
    expect(end.code).toBe(2);
    if (verb === "dump") expect(end.stderr).toContain(code);
    else expect(jsonOf(end).error.code).toBe(code);
  });

  // Whoever upgrades names the directory they have, and is told only that it is no store.
  it("names the import where MessagePack files are", async () => {
    const legacy = join(import.meta.dirname, "../fixtures/legacy-messagepack/single-full/store");
    const end = await run(legacy);
    expect(end.code).toBe(2);
    expect(end.stdout + end.stderr).toContain("importMessagePackStore");
  });
});
