/** What `dump` writes. */
import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { eventLines } from "../../src/cli/dump-records.js";
import { encodeCopy } from "../../src/codec/index.js";
import { NativeTaskGraphEventLog } from "../../src/compat/task-graph/native-task-graph-event-log.js";
import type { StorageEngine } from "../../src/engine.js";
import { callCommand } from "../support/command.js";
import { event } from "../support/runtime-shapes.js";
import { Scratch } from "../support/scratch.js";

const scratch = new Scratch();
let engine: StorageEngine;

beforeEach(() => {
  engine = scratch.open();
});

/** The dump's lines, each parsed. */
async function dumped(...options: string[]): Promise<Record<string, unknown>[]> {
  await engine.close();
  const { code, stdout, stderr } = await callCommand("dump", scratch.path(), ...options);
  expect({ code, stderr }).toEqual({ code: 0, stderr: `Store: ${JSON.stringify(scratch.path())}\n` });
  expect(stdout).toMatch(/^(.+\n)*$/);
  return stdout
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line));
}

describe("a line", () => {
  // A field that is left out, or one of another event.
  it("has an event with all that is known of it", async () => {
    engine.appendEvent(encodeCopy({ step: 1 }), "runs");
    const [{ position, timestamp } = { position: 0, timestamp: 0 }] = engine.replayEvents(0, {
      stream: "runs",
    });
    const fields = { type: "event", stream: "runs", sequence: 1, position, timestamp };
    expect(await dumped()).toEqual([{ ...fields, value: { step: 1 } }]);
  });

  // The same of a version.
  it("has a version of a checkpoint with all that is known of it", async () => {
    const options = { time: 5, lineage: "line", meta: encodeCopy(["meta"]) };
    const { savedAt, position } = await engine.saveCheckpoint("agent", encodeCopy("state"), options);
    const version = { type: "checkpoint", id: "agent", version: 1, bytes: 6, savedAt, position };
    expect(await dumped()).toEqual([
      { ...version, time: 5, lineage: "line", meta: ["meta"], value: "state" },
    ]);
  });

  // Bytes of another program that are shown as the text or number they happen to begin with.
  it("has bytes that are no MessagePack as base64", async () => {
    engine.appendEvent(Buffer.from("raw bytes"));
    await engine.saveCheckpoint("agent", Buffer.alloc(0), { meta: Buffer.from([0xc1]) });
    const [appended, checkpoint] = await dumped();
    expect(appended).toMatchObject({ base64: Buffer.from("raw bytes").toString("base64") });
    expect(checkpoint).toMatchObject({ base64: "", metaBase64: "wQ==" });
    for (const record of [appended, checkpoint]) expect(record).not.toHaveProperty("value");
  });

  // An exact copy that is decoded all the same.
  it("has every byte as base64 where that was asked for", async () => {
    const bytes = encodeCopy({ a: 1 });
    engine.appendEvent(bytes);
    await engine.saveCheckpoint("agent", bytes, { meta: bytes });
    const base64 = bytes.toString("base64");
    expect(await dumped("--base64")).toMatchObject([{ base64 }, { base64, metaBase64: base64 }]);
  });

  // The time that the drop-ins give a checkpoint without one, which `JSON.stringify` makes `null`.
  it("has a time that JSON has no number for", async () => {
    await engine.saveCheckpoint("agent", encodeCopy(1), { time: Number.POSITIVE_INFINITY });
    expect(await dumped()).toMatchObject([{ time: { $number: "Infinity" } }]);
  });

  // A value whose JSON is longer than the longest text, which ends the dump in the middle.
  it("has as base64 what would be too long as JSON", async () => {
    const bytes = encodeCopy("\u0001 takes six characters");
    engine.appendEvent(bytes);
    const stringify = vi.spyOn(JSON, "stringify").mockImplementationOnce(() => {
      throw new RangeError("Invalid string length");
    });
    const [stream] = engine.streams();
    if (stream === undefined) throw new Error("no stream");
    const [record] = eventLines(engine, stream, {});
    stringify.mockRestore();
    expect(JSON.parse(`${record}`)).toMatchObject({ sequence: 1, base64: bytes.toString("base64") });
  });
});

describe("the selection", () => {
  beforeEach(async () => {
    engine.appendEvents(
      [1, 2, 3].map((value) => encodeCopy(value)),
      "a",
    );
    engine.appendEvents(
      [4, 5].map((value) => encodeCopy(value)),
      "",
    );
    await engine.saveCheckpoint("x", encodeCopy(6));
    await engine.saveCheckpoint("y", encodeCopy(7));
    await engine.saveCheckpoint("x", encodeCopy(8));
  });

  // A choice that chooses too much or too little, or an order that is not that of the store.
  it.each([
    ["", [4, 5, 1, 2, 3, 6, 8, 7]],
    ["--events", [4, 5, 1, 2, 3]],
    ["--checkpoints", [6, 8, 7]],
    ["--events --checkpoints", [4, 5, 1, 2, 3, 6, 8, 7]],
    ["--newest", [4, 5, 1, 2, 3, 8, 7]],
    ["--stream a", [1, 2, 3]],
    ["--stream a --from 2", [2, 3]],
    ["--stream a --from 9", []],
    ["--events --from 2 --limit 2", [5, 2]],
    ["--limit 0", []],
    ["--limit 6", [4, 5, 1, 2, 3, 6]],
    ["--id x", [6, 8]],
    ["--id x --newest", [8]],
    ["--stream a --id y", [1, 2, 3, 7]],
  ])("'%s' gives %j", async (options, values) => {
    const records = await dumped(...options.split(" ").filter((option) => option !== ""));
    expect(records.map((record) => record["value"])).toEqual(values);
  });

  // An empty name that is taken for none.
  it("can name the stream without a name", async () => {
    const records = await dumped("--stream", "");
    expect(records.map((record) => record["value"])).toEqual([4, 5]);
  });

  // A mistyped name that looks like an empty stream.
  it.each([
    ["--stream", "b", 'there is no stream "b"'],
    ["--id", "z", 'there is no checkpoint "z"'],
  ])("refuses %s %s", async (option, name, message) => {
    await engine.close();
    const end = await callCommand("dump", scratch.path(), option, name);
    expect(end).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining(message) });
  });

  // Two options of which one says "only", and output that has what it leaves out.
  it.each([
    ["--stream a --checkpoints", "--checkpoints leaves them out"],
    ["--id x --events", "--events leaves them out"],
  ])("refuses %s", async (options, message) => {
    await engine.close();
    const end = await callCommand("dump", scratch.path(), ...options.split(" "));
    expect(end).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining(message) });
  });

  // A limit that is rounded, or read as none.
  it.each(["-1", "1.5", "", "many"])("refuses a limit of '%s'", async (limit) => {
    await engine.close();
    const end = await callCommand("dump", scratch.path(), `--limit=${limit}`);
    expect(end).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining("--limit") });
  });
});

describe("of a damaged store", () => {
  const block = Buffer.alloc(90_000, "block ");

  /** Two streams, each with a block of its own, and two checkpoints, in sealed files. */
  beforeEach(async () => {
    for (const stream of ["a", "b"])
      for (const value of [1, 2, 3])
        engine.appendEvent(Buffer.concat([Buffer.from(`${stream}${value}`), block]), stream);
    await engine.saveCheckpoint("x", randomBytes(40_000));
    await engine.saveCheckpoint("y", randomBytes(40_000));
    await engine.close();
  });

  // A dump that stops at the first bad block without a word that it did, or that never comes to the checkpoints.
  it("has what can be read, says that it is not whole, and ends with 1", async () => {
    const run =
      readdirSync(scratch.path())
        .filter((name) => name.endsWith(".run"))
        .sort()[0] ?? "";
    const path = scratch.path(join("store", run));
    const bytes = readFileSync(path);
    bytes.writeUInt8(bytes.readUInt8(200) ^ 1, 200);
    writeFileSync(path, bytes);
    const { code, stdout, stderr } = await callCommand("dump", scratch.path());
    expect(code).toBe(1);
    const lines = stdout
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line));
    expect(lines.filter(({ stream }) => stream === "b")).toHaveLength(3);
    expect(lines.filter(({ stream }) => stream === "a").length).toBeLessThan(3);
    expect(lines.filter(({ id }) => id !== undefined).map(({ id }) => id)).toEqual(["x", "y"]);
    expect(stderr).toContain(`The output is incomplete: it has ${lines.length} lines`);
    expect(stderr).toContain(run);
  });

  // A version that cannot be loaded and takes those behind it along.
  it("goes on behind a checkpoint that does not load", async () => {
    const pack =
      readdirSync(scratch.path())
        .filter((name) => name.endsWith(".pack"))
        .sort()[0] ?? "";
    const path = scratch.path(join("store", pack));
    const bytes = readFileSync(path);
    bytes.writeUInt8(bytes.readUInt8(1000) ^ 1, 1000);
    writeFileSync(path, bytes);
    const { code, stdout, stderr } = await callCommand("dump", scratch.path(), "--checkpoints");
    expect(code).toBe(1);
    expect(
      stdout
        .split("\n")
        .slice(0, -1)
        .map((line) => JSON.parse(line).id),
    ).toEqual(["y"]);
    expect(stderr).toContain("1 line, and 1 part of the store");
  });
});

// The table of runs, which is the log's own business.
it("shows no internal records", async () => {
  const log = new NativeTaskGraphEventLog({ rootDir: scratch.path("root") });
  for (const sequenceId of [1, 2, 1]) log.append(event(sequenceId));
  await log.close();
  const { stdout } = await callCommand("dump", scratch.path("root"));
  const lines = stdout.split("\n").slice(0, -1);
  const sequenceIds = lines.map((line) => JSON.parse(line).value.sequenceId);
  expect(sequenceIds).toEqual([1, 2, 1]);
});
