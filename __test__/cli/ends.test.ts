/** How the command ends when somebody ends it. */
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { beforeEach, describe, expect, it } from "vitest";
import { encodeCopy } from "../../src/codec/index.js";
import { COMMAND, endOf, runCommand, startCommand } from "../support/command.js";
import { Scratch } from "../support/scratch.js";

const scratch = new Scratch();

/** Far more than what pipes and buffers between two processes hold. */
const EVENTS = 40;
const EVENT_BYTES = 200_000;

beforeEach(async () => {
  const engine = scratch.open();
  for (let event = 0; event < EVENTS; event++) engine.appendEvent(encodeCopy("x".repeat(EVENT_BYTES)));
  await engine.close();
});

/** A dump whose first bytes were read, and no more. */
async function startedDump() {
  const child = startCommand(["dump", scratch.path()]);
  await once(child.stdout, "readable");
  return child;
}

// `dump | head` that prints a stack trace, or never ends.
it("a reader that goes ends it quietly", async () => {
  const child = await startedDump();
  child.stdout.destroy();
  expect(await endOf(child)).toMatchObject({
    ...{ code: 0, signal: null },
    stderr: expect.stringMatching(/^Store: .*\n$/),
  });
});

describe.skipIf(process.platform === "win32")("Ctrl-C", () => {
  // A signal that is heard only after the whole dump, or that leaves half a line.
  it("stops it between two lines, with 130", async () => {
    const child = await startedDump();
    child.kill("SIGINT");
    const { code, signal, stdout, stderr } = await endOf(child);
    expect({ code, signal }).toEqual({ code: 130, signal: null });
    expect(stderr).toContain("stopped by Ctrl-C\n");
    const lines = stdout.split("\n");
    expect(lines.pop()).toBe("");
    expect(lines.length).toBeLessThan(EVENTS);
    for (const line of lines) expect(JSON.parse(line).value).toHaveLength(EVENT_BYTES);
  });
});

// A sound store that is told to be damaged, since a remark about it could not be written.
it.runIf(process.platform === "linux")("a standard error that takes nothing changes nothing else", () => {
  const full = openSync("/dev/full", "w");
  const call = (...args: string[]) =>
    spawnSync(process.execPath, [COMMAND, ...args], { stdio: ["ignore", "pipe", full], encoding: "utf8" });
  const dumped = call("dump", "--limit", "3", scratch.path());
  expect({ code: dumped.status, lines: dumped.stdout.split("\n").length }).toEqual({ code: 0, lines: 4 });
  expect(call("verify", scratch.path("nothing here")).status).toBe(2);
  closeSync(full);
});

// Half a dump on a full disk, and a code that says it is whole.
it.runIf(process.platform === "linux").each([[["dump"]], [["stats", "--json"]]])(
  "a full disk is a failure of %j",
  (verb) => {
    const full = openSync("/dev/full", "w");
    const args = [COMMAND, ...verb, scratch.path()];
    const end = spawnSync(process.execPath, args, { stdio: ["ignore", full, "pipe"], encoding: "utf8" });
    closeSync(full);
    expect(end).toMatchObject({ status: 2, stderr: expect.stringContaining("ENOSPC") });
  },
);

// Without this the tests above would pass with a dump that always ends early.
it("what goes on without a disturbance is whole", async () => {
  const { code, stdout } = await runCommand("dump", scratch.path());
  expect({ code, lines: stdout.split("\n").length - 1 }).toEqual({ code: 0, lines: EVENTS });
});
