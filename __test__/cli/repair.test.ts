/** `repair`: nothing without a yes, and everything that can be read with one. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { runCommand } from "../support/command.js";
import { damage } from "../support/damage.js";
import { Scratch } from "../support/scratch.js";
import { treeOf } from "../support/tree.js";

const scratch = new Scratch();
let store: string;

beforeEach(async () => {
  store = scratch.path("root");
  const engine = scratch.open({}, store);
  engine.appendEvents([Buffer.from("first"), Buffer.from("second")], "stream");
  await engine.saveCheckpoint("agent", Buffer.from("state"));
  await engine.close();
});

describe("a sound store", () => {
  // A repair of what is not broken: it rewrites or moves files of a store that somebody uses.
  it.each([[[]], [["--yes"]], [["--dry-run"]], [["--json"]], [["--yes", "--json"]]])(
    "is left alone with %j",
    async (options) => {
      const before = treeOf(store);
      const end = await runCommand("repair", store, ...options);
      expect(end).toMatchObject({ code: 0, stderr: "" });
      if (options.includes("--json"))
        expect(JSON.parse(end.stdout)).toMatchObject({ repaired: false, ok: true });
      else expect(end.stdout).toContain("nothing to repair");
      expect(treeOf(store)).toEqual(before);
    },
  );
});

describe("a damaged store", () => {
  let path: string;
  beforeEach(() => {
    path = damage(store, "second");
  });

  // A dry run that repairs, or one that a script takes for a repair.
  it("is left as it is without a yes, and the damage and the plan are told", async () => {
    const before = treeOf(scratch.path("root"));
    const end = await runCommand("repair", store);
    expect(end).toMatchObject({ code: 1, stderr: expect.stringContaining("--yes") });
    expect(end.stdout).toContain(JSON.stringify(path));
    expect(end.stdout).toContain("A repair writes what can be kept into new files");
    expect(end.stdout).toMatch(/^events that can be kept +0$/m);
    expect(end.stdout).toContain("The change at position 1 is lost; what was in it is not known.");
    const json = await runCommand("repair", "--json", store);
    expect(json.code).toBe(1);
    const planned = JSON.parse(json.stdout);
    expect(planned).toMatchObject({ repaired: false, ok: false, lost: [{ path }], savedTo: "" });
    expect(treeOf(scratch.path("root"))).toEqual(before);
    const done = JSON.parse((await runCommand("repair", "--yes", "--json", store)).stdout);
    expect(done).toEqual({ ...planned, repaired: true, savedTo: done.savedTo });
  });

  // A repair that says it is done and left the store as it was, or a report without what was lost.
  it("is repaired with a yes: told as JSON, and sound afterwards", async () => {
    const end = await runCommand("repair", "--yes", "--json", store);
    expect(end).toMatchObject({ code: 0, stderr: "" });
    expect(JSON.parse(end.stdout)).toEqual({
      ...{ directory: store, layout: "engine", repaired: true, ok: false },
      kept: { events: expect.any(Number), versions: expect.any(Number) },
      found: 0,
      lost: expect.arrayContaining([{ path, offset: expect.any(Number), what: expect.any(String) }]),
      savedTo: expect.stringMatching(/./),
      lostEvents: expect.any(Array),
      lostVersions: expect.any(Array),
      lostChanges: [{ from: 1, to: 1 }],
    });
    expect((await runCommand("verify", store)).code).toBe(0);
  });

  // A text that hides where the damaged files are.
  it("is repaired with a yes: told to a person", async () => {
    const end = await runCommand("repair", "--yes", store);
    expect(end).toMatchObject({ code: 0, stderr: "" });
    expect(end.stdout).toContain("Repaired.");
    expect(end.stdout).toMatch(/^events kept +\d/m);
    expect(end.stdout).toContain("The files as they were are in");
    expect((await runCommand("verify", store)).code).toBe(0);
  });
});

describe("where nothing tells which store it is", () => {
  // Advice to repair what no repair can.
  it("no repair is advised", async () => {
    for (const name of readdirSync(store)) {
      const bytes = readFileSync(join(store, name));
      bytes.writeUInt8(bytes.readUInt8(30) ^ 1, 30);
      writeFileSync(join(store, name), bytes);
    }
    for (const end of [await runCommand("verify", store), await runCommand("repair", "--yes", store)]) {
      expect(end.code).toBe(1);
      expect(end.stdout + end.stderr).toContain("no file tells which store this is");
      expect(end.stdout + end.stderr).toMatch(/no repair can help|a repair cannot help/);
      expect(end.stdout + end.stderr).not.toContain("repair --help");
    }
  });

  // Another program's files, taken for a damaged store.
  it("another program's MANIFEST is no store's", async () => {
    const other = scratch.path("other");
    mkdirSync(other);
    writeFileSync(join(other, "MANIFEST"), "MANIFEST-000004\n");
    for (const verb of ["verify", "repair", "stats", "dump"]) {
      const end = await runCommand(verb, other);
      expect(end).toMatchObject({ code: 2, stderr: expect.stringContaining("ERR_STORAGE_NOT_A_STORE") });
    }
  });
});
