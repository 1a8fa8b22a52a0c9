/** Verbs that read: whatever they are pointed at is afterwards what it was, byte for byte. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { callCommand, runCommand } from "../support/command.js";
import { damage } from "../support/damage.js";
import { NodeProcesses } from "../support/node-process.js";
import { Scratch } from "../support/scratch.js";
import { treeOf } from "../support/tree.js";

const scratch = new Scratch();
const processes = new NodeProcesses();

const FILL = `
  const engine = await StorageEngine.open(directory);
  engine.appendEvents([Buffer.from("first"), Buffer.from("second")]);
  await engine.saveCheckpoint("agent", Buffer.alloc(100_000, "state"));
  engine.appendEvent(Buffer.from("not yet durable"));`;

/** How the store was left. */
const STORES: [string, string, (store: string) => void][] = [
  ["closed", "await engine.close();", () => {}],
  ["killed", `process.kill(process.pid, "SIGKILL");`, () => {}],
  ["closed and damaged", "await engine.close();", (store) => void damage(store, "second")],
];

const VERBS = ["verify", "stats", "dump", "repair"];

describe.each(STORES)("a store that was %s", (how, end, spoil) => {
  let store: string;
  beforeEach(async () => {
    store = scratch.path();
    await processes.run(FILL + end, [store]);
    spoil(store);
  });

  // A recovery, a lock file, an owner or an access that leaves its trace: whoever looks at evidence must not change it.
  it("is not changed by a byte", async () => {
    const before = treeOf(join(store, ".."));
    for (const verb of VERBS) {
      const { code } = await runCommand(verb, store);
      expect([verb, code]).toEqual([verb, how.includes("damaged") ? 1 : 0]);
      expect(treeOf(join(store, "..")), verb).toEqual(before);
    }
  });
});

// A look that makes a store where there was none.
it("a directory without a store stays without one", async () => {
  const empty = scratch.path("empty");
  mkdirSync(empty);
  for (const verb of VERBS) {
    expect((await callCommand(verb, empty)).code).toBe(2);
    expect(treeOf(empty)).toEqual({});
  }
});
