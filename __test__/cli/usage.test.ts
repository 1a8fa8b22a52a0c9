/** Help, versions, wrong usage, and the ways in which the command is called. */
import { readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { COMMAND, callCommand, endOf, runCommand, startCommand } from "../support/command.js";
import { Scratch } from "../support/scratch.js";

const scratch = new Scratch();
const manifest = JSON.parse(readFileSync(join(import.meta.dirname, "../../package.json"), "utf8"));

describe("help", () => {
  // A verb that nobody can find.
  it.each([[["--help"]], [["-h"]], [["help"]]])("%j names every verb and the exit codes", async (args) => {
    const end = await callCommand(...args);
    expect(end).toMatchObject({ code: 0, stderr: "" });
    for (const verb of ["verify", "repair", "stats", "dump"])
      expect(end.stdout).toContain(`${verb} [options] <directory>`);
    expect(end.stdout).toContain("130");
  });

  // The help of another verb, or of none.
  it.each([
    ["verify", "--json"],
    ["repair", "--yes"],
    ["repair", "lost+found/record-<number>"],
    ["stats", "--json"],
    ["dump", '"$bytes"'],
  ])("of %s has %s", async (verb, text) => {
    const end = await callCommand(verb, "--help");
    expect(end).toMatchObject({ code: 0, stderr: "", stdout: expect.stringContaining(text) });
  });
});

// A number that is not raised with the package's.
it.each(["--version", "-V"])("%s prints the package's version", async (option) => {
  const end = await runCommand(option);
  expect(end).toEqual({ code: 0, signal: null, stdout: `${manifest.version}\n`, stderr: "" });
});

describe("wrong usage", () => {
  const CALLS: [string[], string][] = [
    [[], "no verb was named"],
    [["verfy", "x"], "verfy"],
    [["verify"], "directory"],
    [["verify", "x", "y"], "too many arguments"],
    [["verify", ""], "the directory is empty"],
    [["repair", "--yes", ""], "the directory is empty"],
    [["verify", "x", "--jsno"], "--jsno"],
    [["help", "nope"], 'there is no verb "nope"'],
    [["repair", "x", "--yes", "--dry-run"], "exclude each other"],
    [["dump", "x", "--limit", "99999999999999999999"], "below 2^53"],
    [["dump", "x", "--json"], "--json"],
    [["dump", "x", "--from", "first"], "--from"],
  ];

  // A code of 1 would be taken for damage.
  it.each(CALLS)("%j ends with 2 and says what is wrong", async (args, what) => {
    const end = await callCommand(...args);
    const told = args[0] === "dump" && args.includes("--json") ? end.stdout : end.stderr;
    expect(end.code).toBe(2);
    expect(told).toContain(what);
    if (!args.includes("") && !args.includes("--yes")) expect(told).toContain("agent-storage-engine --help");
  });

  // Text where a script parses JSON.
  it.each([[["verify", "--json"]], [["--json"]], [["stats", "x", "--json", "--nonsense"]]])(
    "%j is told as JSON",
    async (args) => {
      const end = await runCommand(...args);
      expect(end).toMatchObject({ code: 2, stderr: "" });
      expect(JSON.parse(end.stdout)).toEqual({
        error: { code: "ERR_USAGE", message: expect.any(String) },
      });
    },
  );
});

// A path that holds only where the file itself lies; npm's `node_modules/.bin` has links.
it.skipIf(process.platform === "win32")("works through a link, as npm installs it", async () => {
  scratch.open(undefined, scratch.path("store")).closeSync();
  symlinkSync(COMMAND, scratch.path("agent-storage-engine"));
  const link = scratch.path("agent-storage-engine");
  expect(await endOf(startCommand(["--version"], link))).toMatchObject({ stdout: `${manifest.version}\n` });
  expect(await endOf(startCommand(["verify", scratch.path("store")], link))).toMatchObject({ code: 0 });
});
