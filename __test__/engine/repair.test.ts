import { randomBytes } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { StorageEngine } from "agent-storage-engine";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

let directory: string;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "repair-"));
  const engine = await StorageEngine.open(directory);
  for (let number = 1; number <= 50; number++) engine.appendEvent(Buffer.from(`event ${number}`));
  await engine.saveCheckpoint("agent", Buffer.from("state"));
  await engine.close();
});

afterEach(() => rmSync(directory, { recursive: true, force: true }));

function log() {
  const name = readdirSync(directory).find((name) => name.endsWith(".log"));
  if (name === undefined) throw new Error("no log");
  return join(directory, name);
}

describe("StorageEngine.repair", () => {
  it("leaves a sound store as it is", async () => {
    const before = readdirSync(directory);
    const report = await StorageEngine.repair(directory);
    expect(report).toEqual({
      kept: { events: 50, versions: 1 },
      found: 0,
      lost: [],
      lostEvents: [],
      lostVersions: [],
      lostChanges: [],
      savedTo: "",
    });
    expect(readdirSync(directory)).toEqual(before);
  });

  // Would catch a report whose parts are mixed up on their way, and a copy that is not where it says.
  it("keeps what is whole, tells what is not, and copies what it removes", async () => {
    const path = log();
    const damaged = readFileSync(path);
    damaged.write("E", damaged.indexOf("event 30"));
    writeFileSync(path, damaged);
    await expect(StorageEngine.open(directory)).rejects.toMatchObject({ code: "ERR_STORAGE_CORRUPT" });

    const planned = await StorageEngine.repair(directory, { dryRun: true });
    expect(readFileSync(path)).toEqual(damaged);
    const report = await StorageEngine.repair(directory);
    expect(planned).toEqual({ ...report, savedTo: "" });
    expect(report.kept).toEqual({ events: 49, versions: 1 });
    expect(report.lost).toEqual([{ path, offset: expect.any(Number), what: "log frame" }]);
    expect(report.lostEvents).toEqual([{ stream: "", from: 30, to: 30 }]);
    expect(report.lostVersions).toEqual([]);
    expect(report.lostChanges).toEqual([{ from: 30, to: 30 }]);
    expect(report.found).toBe(0);
    expect(readFileSync(join(report.savedTo, path.slice(directory.length + 1)))).toEqual(damaged);

    const engine = await StorageEngine.open(directory);
    const sequences = [...engine.replayEvents(1)].map((event) => event.sequence);
    expect(sequences).toEqual(Array.from({ length: 50 }, (_, index) => index + 1).filter((n) => n !== 30));
    expect(engine.appendEvent(Buffer.from("event 51"))).toBe(51);
    expect((await engine.loadCheckpoint("agent"))?.toString()).toBe("state");
    await engine.close();
  });

  // Would catch an end that is not known and passes for one that is, and a version without its name that is not counted.
  it("tells what a log that is gone may have held, and finds what has lost its rows", async () => {
    const engine = await StorageEngine.open(directory);
    const large = randomBytes(50_000);
    await engine.saveCheckpoint("large", large);
    await engine.close();
    // The run that a flush writes last has the rows.
    const rows = readdirSync(directory).filter((name) => name.endsWith(".run"));
    const logs = readdirSync(directory).filter((name) => name.endsWith(".log"));
    for (const name of [...rows.sort().slice(-1), ...logs]) rmSync(join(directory, name));
    const report = await StorageEngine.repair(directory);
    expect(report).toMatchObject({ kept: { events: 50, versions: 2 }, found: 2 });
    expect(report.lostChanges).toEqual([{ from: 53, to: null }]);
    const repaired = await StorageEngine.open(directory);
    const ids = [...repaired.checkpoints()].map(({ id }) => id);
    const name = expect.stringMatching(/^lost\+found\/record-\d+$/);
    expect(ids).toEqual([name, name]);
    expect(ids.map((id) => repaired.loadCheckpointSync(id))).toEqual([Buffer.from("state"), large]);
    await repaired.close();
  });

  it("refuses a store that is open, one that is missing, and what is none", async () => {
    const engine = await StorageEngine.open(directory);
    await expect(StorageEngine.repair(directory)).rejects.toMatchObject({ code: "ERR_STORAGE_LOCKED" });
    await engine.close();
    const missing = StorageEngine.repair(join(directory, "missing"));
    await expect(missing).rejects.toMatchObject({ code: "ERR_STORAGE_NOT_FOUND" });
    await expect(StorageEngine.repair(log())).rejects.toMatchObject({ code: "ERR_STORAGE_NOT_A_STORE" });
  });
});
