/**
 * The benchmarks' rebuilding of today's storage. If it wrote anything else than that storage does, every ratio to "today" would be
 * one to nothing; so the package's own reader of the format, which is tested with real directories, has to read it.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { MessagePackFiles } from "../../bench/contenders/messagepack-files.mjs";
import { AgentRun } from "../../bench/data/agent-run.mjs";
import { openLegacyStore } from "../../src/migrate/legacy-reader.js";
import type { Checkpoint } from "../../src/types.js";

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "messagepack-files-"));
});

afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

/** What the package's reader of the format finds. Absent fields of a delta are there as `undefined`, which JSON leaves out. */
async function readBack(): Promise<Map<string, unknown>> {
  const store = await openLegacyStore({ from: directory });
  expect(store.rejected).toEqual([]);
  const loaded = await Promise.all(store.entries.map((entry) => store.load(entry)));
  return new Map(
    loaded.map((load) => {
      if (!("checkpoint" in load)) throw new Error(load.skipped.reason);
      return [load.checkpoint.id, plain(load.checkpoint)];
    }),
  );
}

function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

function entries(): { id: string; fileName: string; isDelta: boolean; chainLength: number }[] {
  return JSON.parse(readFileSync(join(directory, "index.json"), "utf8")).entries;
}

/** Saves `count` steps of a run under new ids; what was saved. */
async function saveSteps(storage: MessagePackFiles, run: AgentRun, count: number): Promise<Checkpoint[]> {
  const saved: Checkpoint[] = [];
  for (let step = 0; step < count; step += 1) {
    saved.push(structuredClone(run.stepWithNewId()));
    await storage.save(run.checkpoint);
  }
  return saved;
}

it("writes new ids of an agent as chains of at most eight deltas, which the reader reads as they were saved", async () => {
  const storage = new MessagePackFiles(directory);
  const run = new AgentRun({ steps: 20, bytes: 40_000 });
  const saved = await saveSteps(storage, run, 20);
  expect(await readBack()).toEqual(new Map(saved.map((checkpoint) => [checkpoint.id, plain(checkpoint)])));
  const chains = entries().map(({ chainLength }) => chainLength);
  expect(Math.max(...chains)).toBe(8);
  expect(chains.filter((length) => length === 0).length).toBeLessThan(6);
  for (const checkpoint of saved) expect(plain(await storage.load(checkpoint.id))).toEqual(plain(checkpoint));
});

it("writes an id that is saved again whole, and leaves no other file of it", async () => {
  const storage = new MessagePackFiles(directory);
  const run = new AgentRun({ steps: 10, bytes: 20_000 });
  await saveSteps(storage, run, 3);
  for (let step = 0; step < 3; step += 1) await storage.save(run.step());
  const last = entries().at(-1);
  expect(last).toMatchObject({ id: run.checkpoint.id, isDelta: false, chainLength: 0 });
  expect((await readBack()).get(run.checkpoint.id)).toEqual(plain(run.checkpoint));
  const named = entries().map(({ fileName }) => fileName);
  expect(new Set(readdirSync(directory))).toEqual(new Set([...named, "index.json"]));
});

it("goes on in a directory that another one wrote, and lists and prunes by createdAt", async () => {
  const run = new AgentRun({ steps: 12, bytes: 20_000 });
  const first = await saveSteps(new MessagePackFiles(directory), run, 6);
  const storage = new MessagePackFiles(directory);
  const second = await saveSteps(storage, run, 6);
  const newestFirst = [...first, ...second].map(({ id }) => id).reverse();
  expect((await storage.list(4)).map(({ id }) => id)).toEqual(newestFirst.slice(0, 4));
  expect((await readBack()).size).toBe(12);
  expect(await storage.prune(second[0]?.createdAt ?? 0)).toBe(6);
  expect(entries().map(({ id }) => id)).toEqual(second.map(({ id }) => id));
});

it("writes in bulk what it writes one at a time", async () => {
  const run = new AgentRun({ steps: 12, bytes: 20_000 });
  const steps: Checkpoint[] = Array.from({ length: 12 }, () => structuredClone(run.stepWithNewId()));
  await new MessagePackFiles(directory).saveAll(steps);
  const inBulk = readFileSync(join(directory, "index.json"), "utf8");
  rmSync(directory, { recursive: true });
  const storage = new MessagePackFiles(directory);
  for (const step of steps) await storage.save(step);
  expect(readFileSync(join(directory, "index.json"), "utf8")).toBe(inBulk);
});
