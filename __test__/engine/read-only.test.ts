import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { StorageEngine } from "agent-storage-engine";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "read-only-"));
});

afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** Every file's content by name. */
function contents() {
  return Object.fromEntries(
    readdirSync(directory).map((name) => [name, readFileSync(join(directory, name), "latin1")]),
  );
}

describe("readOnly", () => {
  // Would catch an option that is checked and not passed on.
  it("reads everything and changes no byte", async () => {
    const writer = await StorageEngine.open(directory);
    writer.appendEvent(Buffer.from("one"));
    await writer.saveCheckpoint("agent", Buffer.from("state"));
    await writer.close();
    const before = contents();

    const reader = await StorageEngine.open(directory, { readOnly: true });
    expect([...reader.replayEvents(1)].map((event) => event.data.toString())).toEqual(["one"]);
    expect((await reader.loadCheckpoint("agent"))?.toString()).toBe("state");
    const refused = expect.objectContaining({ code: "ERR_STORAGE_READ_ONLY" });
    expect(() => reader.appendEvent(Buffer.from("two"))).toThrow(refused);
    await expect(reader.saveCheckpoint("agent", Buffer.from("other"))).rejects.toEqual(refused);
    await expect(reader.compact()).rejects.toEqual(refused);
    await reader.close();
    expect(contents()).toEqual(before);
  });

  it("makes nothing", async () => {
    const missing = join(directory, "missing");
    const opening = StorageEngine.open(missing, { readOnly: true });
    await expect(opening).rejects.toMatchObject({ code: "ERR_STORAGE_NOT_FOUND" });
    expect(readdirSync(directory)).toEqual([]);
  });
});
