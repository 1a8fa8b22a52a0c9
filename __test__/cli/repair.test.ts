/** `repair`: nothing without a yes, and everything that can be read with one. */
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
  it.each([[[]], [["--yes"]], [["--json"]], [["--yes", "--json"]]])(
    "is left alone with %j",
    async (options) => {
      const before = treeOf(store);
      const end = await runCommand("repair", store, ...options);
      expect(end).toMatchObject({ code: 0, stderr: "" });
      if (options.includes("--json")) expect(JSON.parse(end.stdout)).toMatchObject({ repaired: false });
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
    expect(end.stdout).toContain("A repair sets the damaged files aside");
    const json = await runCommand("repair", "--json", store);
    expect(json.code).toBe(1);
    expect(JSON.parse(json.stdout)).toMatchObject({ repaired: false, ok: false, damage: [{ path }] });
    expect(treeOf(scratch.path("root"))).toEqual(before);
  });

  // A repair that says it is done and left the store as it was, or a report without what was lost.
  it("is repaired with a yes: told as JSON, and sound afterwards", async () => {
    const end = await runCommand("repair", "--yes", "--json", store);
    expect(end).toMatchObject({ code: 0, stderr: "" });
    expect(JSON.parse(end.stdout)).toEqual({
      ...{ directory: store, layout: "engine", repaired: true },
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
