/** Taking real directories of today's storage over: everything, in order, all or nothing. */
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { encodeCopy } from "../src/codec/index.js";
import { NativeCheckpointStorage } from "../src/compat/checkpoints/native-checkpoint-storage.js";
import type { Progress } from "../src/long-call.js";
import { type ImportOptions, importMessagePackStore } from "../src/migrate/import.js";
import { summaryOf } from "../src/stored/meta.js";
import { newDirectory } from "./support/directories.js";
import { withoutMarkers } from "./support/markers.js";
import { checkpoint } from "./support/runtime-shapes.js";

interface Expected {
  /** Sorted by `createdAt`, ascending. */
  readonly list: readonly { readonly id: string }[];
  readonly checkpoints: Readonly<Record<string, unknown>>;
}

const fixtures = new URL("fixtures/legacy-messagepack/", import.meta.url);
const names = readdirSync(fixtures);

function sourceOf(name: string): { from: string; indexFileName: string } {
  const from = fileURLToPath(new URL(`${name}/store/`, fixtures));
  return { from, indexFileName: readdirSync(from).find((file) => file.endsWith(".json")) ?? "" };
}

function contentsOf(directory: string): Record<string, string> {
  const files = readdirSync(directory, { withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(files.map(({ name }) => [name, readFileSync(join(directory, name), "base64")]));
}

it("there are seven of them", () => {
  expect(names).toHaveLength(7);
});

describe.each(names)("%s", (name) => {
  const expected = JSON.parse(readFileSync(new URL(`${name}/expected.json`, fixtures), "utf8")) as Expected;
  const loads = Object.entries(withoutMarkers(expected.checkpoints) as Record<string, unknown>);

  it("lists and loads as today's storage does, also after reopening and a second import", async () => {
    const source = sourceOf(name);
    const before = contentsOf(source.from);
    const rootDir = newDirectory();
    const report = await importMessagePackStore({ ...source, rootDir });
    const unreadable = loads.filter(([, value]) => value === null).map(([id]) => id);
    expect(report.imported).toBe(loads.length - unreadable.length);
    expect(report.skipped.map(({ id }) => id)).toStrictEqual(unreadable);
    expect(report.bytesRead).toBeGreaterThan(0);

    const storage = new NativeCheckpointStorage({ rootDir });
    const readable = expected.list.filter(({ id }) => !unreadable.includes(id));
    expect(await storage.list({ sortOrder: "asc" })).toStrictEqual(readable);
    for (const [id, value] of loads) expect(await storage.load(id), id).toEqual(value);
    await storage.close();

    const again = await importMessagePackStore({ ...source, rootDir });
    expect(again.imported).toBe(0);
    // A second import that cannot be told from one which lost something.
    const lost = new Set(unreadable);
    expect(again.skipped).toHaveLength(loads.length);
    for (const { id, kind } of again.skipped) expect(kind === "exists").toBe(!lost.has(id));
    const reopened = new NativeCheckpointStorage({ rootDir });
    expect(await reopened.list({ sortOrder: "asc" })).toStrictEqual(readable);
    for (const { id } of readable) expect(await reopened.history(id)).toHaveLength(1);
    await reopened.close();
    expect(contentsOf(source.from)).toStrictEqual(before);
  });

  it("keeps the order of first save, which decides between equal times", async () => {
    const source = sourceOf(name);
    const index = JSON.parse(readFileSync(join(source.from, source.indexFileName), "utf8")) as {
      entries: { id: string; status: string }[];
    };
    const rootDir = newDirectory();
    await importMessagePackStore({ ...source, rootDir });
    const storage = new NativeCheckpointStorage({ rootDir });
    for (const status of ["pending", "completed", "failed", "cancelled"] as const) {
      const listed = await storage.list({ sortBy: "status", status });
      const inOrder = index.entries.filter((entry) => entry.status === status).map(({ id }) => id);
      const imported = new Set(listed.map(({ id }) => id));
      expect(listed.map(({ id }) => id)).toStrictEqual(inOrder.filter((id) => imported.has(id)));
    }
    await storage.close();
  });
});

describe("an import", () => {
  const source = sourceOf("many-small");
  const total = (
    JSON.parse(readFileSync(join(source.from, source.indexFileName), "utf8")) as { entries: unknown[] }
  ).entries.length;

  it("may be into the directory it reads from, whose files stay as they are", async () => {
    const rootDir = newDirectory();
    cpSync(source.from, rootDir, { recursive: true });
    const before = contentsOf(rootDir);
    await importMessagePackStore({ from: rootDir, rootDir });
    expect(contentsOf(rootDir)).toStrictEqual(before);
    expect(existsSync(join(rootDir, "engine"))).toBe(true);
  });

  it("finds nothing in a directory that is not there, and makes none", async () => {
    const rootDir = join(newDirectory(), "none");
    const report = await importMessagePackStore({ from: join(rootDir, "from"), rootDir });
    expect(report).toStrictEqual({ imported: 0, skipped: [], bytesRead: 0 });
    expect(existsSync(rootDir)).toBe(false);
  });

  it("leaves what is newer in the target", async () => {
    const rootDir = newDirectory();
    const storage = new NativeCheckpointStorage({ rootDir });
    const index = JSON.parse(readFileSync(join(source.from, source.indexFileName), "utf8")) as {
      entries: { id: string }[];
    };
    const id = index.entries[1]?.id ?? "";
    await storage.save(checkpoint(id, { task: "newer" }));
    const report = await importMessagePackStore({ ...source, rootDir });
    expect(report.imported).toBe(total - 1);
    expect(report.skipped).toStrictEqual([
      { id, file: expect.any(String), kind: "exists", reason: expect.any(String) },
    ]);
    expect((await storage.load(id))?.task).toBe("newer");
    expect(await storage.list()).toHaveLength(total);
    await storage.close();
  });

  it("tells of what cannot be read, and imports the rest", async () => {
    const from = newDirectory();
    cpSync(source.from, from, { recursive: true });
    const files = readdirSync(from).filter((file) => file.endsWith(".msgpack"));
    const [missing = "", damaged = ""] = files;
    rmSync(join(from, missing));
    writeFileSync(join(from, damaged), Buffer.from([0xc1]));
    const report = await importMessagePackStore({ from, rootDir: newDirectory() });
    expect(report.imported).toBe(total - 2);
    const kinds = Object.fromEntries(report.skipped.map(({ file, kind }) => [file, kind]));
    expect(kinds).toStrictEqual({ [missing]: "missing", [damaged]: "damaged" });
  });

  it("tells of what the engine cannot keep, and imports the rest", async () => {
    const from = newDirectory();
    const ids = ["x".repeat(1025), "kept"];
    for (const [index, id] of ids.entries()) {
      writeFileSync(join(from, `${index}.msgpack`), encodeCopy({ kind: "full", checkpoint: checkpoint(id) }));
    }
    const entries = ids.map((id, index) => ({ ...summaryOf(checkpoint(id)), fileName: `${index}.msgpack` }));
    writeFileSync(join(from, "index.json"), JSON.stringify({ entries }));
    const report = await importMessagePackStore({ from, rootDir: newDirectory() });
    expect(report).toMatchObject({ imported: 1, skipped: [{ id: ids[0], kind: "refused" }] });
  });

  it("tells how far it is, to the end", async () => {
    const seen: Progress[] = [];
    const onProgress = (progress: Progress): unknown => seen.push(progress);
    await importMessagePackStore({ ...source, rootDir: newDirectory(), onProgress });
    expect(seen[0]).toStrictEqual({ done: 0, total, unit: "checkpoints" });
    expect(seen.at(-1)).toStrictEqual({ done: total, total, unit: "checkpoints" });
    expect(seen.every(({ done }, index) => done >= (seen[index - 1]?.done ?? 0))).toBe(true);
  });

  it("is all or nothing: an abort in the middle leaves the target as it was", async () => {
    const rootDir = newDirectory();
    const reason = new Error("enough");
    const controller = new AbortController();
    const onProgress = ({ done }: Progress): void => {
      if (done === 5) controller.abort(reason);
    };
    const imported = importMessagePackStore({ ...source, rootDir, signal: controller.signal, onProgress });
    await expect(imported).rejects.toBe(reason);
    expect(readdirSync(rootDir)).toStrictEqual([]);
    await expect(
      importMessagePackStore({ ...source, rootDir, signal: AbortSignal.abort(reason) }),
    ).rejects.toBe(reason);
  });

  // A misspelt `indexFileName`, or a lost index, that looks like a directory with nothing in it.
  it("refuses checkpoint files without an index, and changes nothing", async () => {
    const from = newDirectory();
    cpSync(source.from, from, { recursive: true });
    const rootDir = newDirectory();
    const indexFileName = "indx.json";
    await expect(importMessagePackStore({ from, rootDir, indexFileName })).rejects.toMatchObject({
      code: "ERR_STORAGE_NOT_FOUND",
      path: join(from, indexFileName),
      message: expect.stringContaining("indexFileName"),
    });
    expect(readdirSync(rootDir)).toStrictEqual([]);
  });

  // A TypeError of the language, which says nothing of the call.
  it.each([
    ["no options", undefined, "options"],
    ["a text for options", "old/store", "options"],
    ["no from", { rootDir: "x" }, "from"],
    ["an empty from", { from: "", rootDir: "x" }, "from"],
    ["no rootDir", { from: "x" }, "rootDir"],
    ["an index name that is none", { from: "x", rootDir: "x", indexFileName: 7 }, "indexFileName"],
    ["an empty index name", { from: "x", rootDir: "x", indexFileName: "" }, "indexFileName"],
    ["a signal that is none", { from: "x", rootDir: "x", signal: {} }, "signal"],
    ["a callback that is none", { from: "x", rootDir: "x", onProgress: 1 }, "onProgress"],
  ])("refuses %s", async (_name, options, named) => {
    await expect(importMessagePackStore(options as unknown as ImportOptions)).rejects.toMatchObject({
      name: "StorageError",
      code: "ERR_STORAGE_INVALID_ARGUMENT",
      message: expect.stringContaining(named),
    });
  });

  it("refuses an index that is none, and changes nothing", async () => {
    const from = newDirectory();
    writeFileSync(join(from, "index.json"), "{");
    const rootDir = newDirectory();
    await expect(importMessagePackStore({ from, rootDir })).rejects.toMatchObject({
      code: "ERR_STORAGE_CORRUPT",
    });
    expect(readdirSync(rootDir)).toStrictEqual([]);
  });
});
