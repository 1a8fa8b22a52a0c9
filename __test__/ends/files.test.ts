/**
 * The files of a store: nobody else may read them, and none is reached through a link.
 *
 * The bugs this would catch: a file or directory made with whatever the umask leaves, of one kind or in one place; a store file that is a link and leads
 * writes, or reads, to somebody else's.
 */
import {
  cpSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

import { NativeCheckpointStorage } from "../../src/compat/checkpoints/native-checkpoint-storage.js";
import { StorageEngine } from "../../src/engine.js";
import { noise, utf8 } from "../support/bytes.js";
import { NodeProcesses } from "../support/node-process.js";
import { Scratch } from "../support/scratch.js";

const scratch = new Scratch();
const processes = new NodeProcesses();
const onUnix = describe.skipIf(process.platform === "win32");

/** Where a header says what kind of run it is, and what it says of events. */
const VARIANT_OFFSET = 12;
const EVENT_RUN = 1;

/** What kind of store file this is. */
function kindOf(directory: string, name: string): string {
  if (!name.endsWith(".run")) return name.replace(/^[0-9a-f]{16}/, "");
  const isEvents = readFileSync(join(directory, name)).readUInt32LE(VARIANT_OFFSET) === EVENT_RUN;
  return isEvents ? "event run" : "catalog run";
}

/** All below `directory` as text: kind or path, and mode. */
function modesBelow(directory: string, prefix = ""): string[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name);
    const mode = (lstatSync(path).mode & 0o7777).toString(8);
    if (!entry.isDirectory()) return [`${prefix}${kindOf(directory, entry.name)} ${mode}`];
    return [`${prefix}${entry.name}/ ${mode}`, ...modesBelow(path, `${prefix}${entry.name}/`)];
  });
}

/** Writes a file of every kind, and leaves some in the log. */
async function fill(engine: StorageEngine): Promise<void> {
  engine.appendEvent(utf8("in a run"));
  await engine.saveCheckpoint("packed", noise(1, 100_000));
  await engine.compact();
  engine.appendEvent(utf8("in the log"));
  await engine.saveCheckpoint("in the log", utf8("small"));
}

onUnix("modes", () => {
  it("are 0600 and 0700 with a umask that takes nothing, of every file and directory that is made", async () => {
    const code = `
      process.umask(0);
      const { NativeCheckpointStorage, NativeTaskGraphEventLog } = storage;
      const engine = StorageEngine.openSync(directory + "/above/engine");
      engine.appendEvent(Buffer.from("in a run"));
      await engine.saveCheckpoint("packed", crypto.getRandomValues(Buffer.alloc(60_000)));
      await engine.compact();
      await engine.saveCheckpoint("in an open pack", crypto.getRandomValues(Buffer.alloc(60_000)));
      await engine.backup(directory + "/copies/first");
      const log = new NativeTaskGraphEventLog({ rootDir: directory + "/drop-in" });
      log.append(JSON.parse(rest[0]));
      process.kill(process.pid, "SIGKILL");`;
    const event = { id: "e", sequenceId: 1, eventVersion: 1, nodeId: "n", type: "node_updated" };
    const all = JSON.stringify({ ...event, timestamp: "2026-01-02T03:04:05.678Z", payload: {} });
    mkdirSync(scratch.path());
    const end = await processes.run(code, [scratch.path(), all]);
    expect(end).toMatchObject({ signal: "SIGKILL", stderr: "" });
    const files = [".log 600", ".pack 600", "MANIFEST 600", "catalog run 600", "event run 600"];
    expect(new Set(modesBelow(scratch.path()))).toEqual(
      new Set([
        "above/ 700",
        "above/engine/ 700",
        ...[...files, "owner 600"].map((file) => `above/engine/${file}`),
        "copies/ 700",
        "copies/first/ 700",
        ...files.map((file) => `copies/first/${file}`),
        "drop-in/ 700",
        "drop-in/engine/ 700",
        ...[".log 600", "MANIFEST 600", "owner 600"].map((file) => `drop-in/engine/${file}`),
      ]),
    );
  });
});

/** The names, kinds and bytes of a store, with what its links lead to. */
function snapshot(directory: string): Record<string, string> {
  const names = readdirSync(directory);
  return Object.fromEntries(
    names.map((name) => {
      const path = join(directory, name);
      const isLink = lstatSync(path).isSymbolicLink();
      return [name, `${isLink} ${readFileSync(path).toString("latin1")}`];
    }),
  );
}

onUnix("a symbolic link in the place of a store file", () => {
  const kinds = ["MANIFEST", ".log", "event run", "catalog run", ".pack"];

  it.each(kinds)("is refused for a %s, and what it leads to stays as it was", async (kind) => {
    const engine = scratch.open();
    await fill(engine);
    await engine.close();
    const directory = scratch.path();
    mkdirSync(scratch.path("outside"));
    const names = readdirSync(directory).filter((name) => kindOf(directory, name) === kind);
    expect(names).not.toEqual([]);
    for (const [index, name] of names.entries()) {
      const linked = scratch.path(`linked-${index}`);
      cpSync(directory, linked, { recursive: true });
      const [link, target] = [join(linked, name), scratch.path(`outside/${index}`)];
      renameSync(link, target);
      symlinkSync(target, link);
      const before = snapshot(linked);
      const refusal = expect.objectContaining({
        name: "StorageError",
        code: "ERR_STORAGE_NOT_A_STORE",
        path: link,
      });
      await expect(StorageEngine.open(linked)).rejects.toEqual(refusal);
      expect(() => StorageEngine.openSync(linked)).toThrow(refusal);
      await expect(StorageEngine.verify(linked)).rejects.toEqual(refusal);
      expect(snapshot(linked)).toEqual(before);
    }
  });

  it("is refused by a drop-in, too", async () => {
    const [rootDir, target] = [scratch.path("root"), scratch.path("MANIFEST")];
    const engine = scratch.open({}, join(rootDir, "engine"));
    await engine.close();
    renameSync(join(rootDir, "engine/MANIFEST"), target);
    symlinkSync(target, join(rootDir, "engine/MANIFEST"));
    const storage = new NativeCheckpointStorage({ rootDir });
    await expect(storage.load("any")).rejects.toMatchObject({ code: "ERR_STORAGE_NOT_A_STORE" });
    await storage.close();
  });

  // What these hold is never trusted: they are replaced, and what a link leads to is not written.
  it.each(["owner", "MANIFEST.tmp"])("is put away for %s", async (name) => {
    await scratch.open().close();
    const [link, target] = [join(scratch.path(), name), scratch.path("somebody-s")];
    writeFileSync(target, "somebody's");
    symlinkSync(target, link);
    const engine = scratch.open();
    await fill(engine);
    expect(readdirSync(scratch.path()).includes(name)).toBe(name === "owner");
    if (name === "owner") {
      expect(lstatSync(link).isSymbolicLink()).toBe(false);
      expect(readFileSync(link, "utf8")).toBe(`${process.pid}`);
    }
    await engine.close();
    expect(readFileSync(target, "utf8")).toBe("somebody's");
  });
});
