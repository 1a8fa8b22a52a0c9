/** Lists: the same answer as over everything, and no more read than that takes. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { NativeListOptions } from "../src/binding.js";
import { type CheckpointSource, listSummaries } from "../src/compat/checkpoints/checkpoint-list.js";
import { selectSummaries } from "../src/compat/checkpoints/listing.js";
import { NativeCheckpointStorage } from "../src/compat/checkpoints/native-checkpoint-storage.js";
import { summaryOf } from "../src/stored/meta.js";
import type { Checkpoint, CheckpointFilter, CheckpointStatus, CheckpointSummary } from "../src/types.js";
import { newDirectory } from "./support/directories.js";
import { checkpoint } from "./support/runtime-shapes.js";
import { SeededRandom, seedOfRun } from "./support/seeded-random.js";

type Listed = Awaited<ReturnType<CheckpointSource["list"]>>[number];

/** An engine that counts what it is asked for: `count` checkpoints, each saved a millisecond after the one before. */
function countingSource(count: number): CheckpointSource & { listed: number } {
  const all = Array.from(
    { length: count },
    (_, index) => ({ id: `c${index}`, time: 1000 + index }) as Listed,
  );
  const source = {
    listed: 0,
    list: async ({ limit = count, reverse = false, from = 0, until = Infinity }: NativeListOptions) => {
      const within = all.filter(({ time }) => time >= from && time <= until);
      const page = (reverse ? within.reverse() : within).slice(0, limit);
      source.listed += page.length;
      return page;
    },
    summarize: async ({ id, time }: Listed) => {
      const status: CheckpointStatus = time % 4 === 0 ? "completed" : "pending";
      return summaryOf(checkpoint(id, { createdAt: time, status }));
    },
  };
  return source;
}

describe("what is read for a list", () => {
  it.each([
    ["the latest", { limit: 10 }, 11],
    ["the earliest", { limit: 10, sortOrder: "asc" }, 11],
    ["the latest before a time", { limit: 10, createdBefore: 5000 }, 11],
    ["the earliest after a time", { limit: 10, createdAfter: 5000, sortOrder: "asc" }, 11],
    ["those of a status, which every fourth has", { limit: 10, status: "completed" }, 51],
    ["those within a time", { createdAfter: 5000, createdBefore: 5009 }, 11],
  ] satisfies [string, CheckpointFilter, number][])(
    "%s: about as much as it shows",
    async (_name, filter, most) => {
      const source = countingSource(10_000);
      expect(await listSummaries(source, filter)).toHaveLength(10);
      expect(source.listed).toBeLessThanOrEqual(most);
    },
  );

  it("asks for more until all was seen where too few meet the filter", async () => {
    const source = countingSource(100);
    expect(await listSummaries(source, { limit: 10, agentType: "nobody" })).toStrictEqual([]);
    expect(source.listed).toBeLessThan(300);
  });
});

describe("any filter over any store", () => {
  const rootDir = newDirectory();
  const storage = new NativeCheckpointStorage({ rootDir });
  const seed = seedOfRun();
  const random = new SeededRandom(seed);
  /** In the order of first save. */
  const saved = new Map<string, CheckpointSummary>();

  async function save(id: string, times: readonly unknown[]): Promise<void> {
    const made = checkpoint(id, {
      createdAt: random.pick(times) as number,
      status: random.pick<CheckpointStatus>(["pending", "completed", "failed", "cancelled"]),
      agentType: random.pick(["coder", "planner"]),
    });
    await storage.save(made);
    saved.set(id, summaryOf(made));
  }

  async function compareSome(rounds: number): Promise<void> {
    for (let round = 0; round < rounds; round += 1) {
      const filter = randomFilter(random);
      const listed = await storage.list(filter);
      const expected = selectSummaries([...saved.values()], filter);
      expect(listed, `TEST_SEED=${seed} ${JSON.stringify(filter)}`).toStrictEqual(expected);
    }
  }

  beforeAll(async () => {
    console.info(`TEST_SEED=${seed}`);
    for (let index = 0; index < 60; index += 1)
      await save(`c${random.below(40)}`, [1, 2, 3, 4.5, -7, 0, 1e13]);
  });
  afterAll(() => storage.close());

  it("lists as over everything, ties in the order of first save", () => compareSome(150));

  it("follows re-saves and deletes, and the order stays after reopening", async () => {
    for (let index = 0; index < 10; index += 1) {
      const id = `c${random.below(40)}`;
      if (await storage.delete(id)) saved.delete(id);
      await save(`c${random.below(60)}`, [1, 2, 3]);
    }
    await compareSome(50);
    await storage.close();
    const again = new NativeCheckpointStorage({ rootDir });
    const inOrder = selectSummaries([...saved.values()], { sortOrder: "asc" });
    expect(await again.list({ sortOrder: "asc" }), `TEST_SEED=${seed}`).toStrictEqual(inOrder);
    await again.close();
  });
});

describe("a createdAt that is no number", () => {
  it("lists as today: it is sorted by what subtraction makes of it", async () => {
    const storage = new NativeCheckpointStorage({ rootDir: newDirectory() });
    const times = [3, undefined, 1, "2", Number.NaN, 9, Infinity, null];
    const all: CheckpointSummary[] = [];
    for (const [index, createdAt] of times.entries()) {
      const made = { ...checkpoint(`c${index}`), createdAt } as unknown as Checkpoint;
      await storage.save(made);
      all.push(summaryOf(made));
    }
    const filters: CheckpointFilter[] = [
      {},
      { sortOrder: "asc" },
      { createdAfter: 2 },
      { createdBefore: 2, limit: 2 },
      { status: "pending", limit: 3 },
    ];
    for (const filter of filters) {
      expect(await storage.list(filter)).toStrictEqual(selectSummaries(all, filter));
    }
    await storage.close();
  });
});

function randomFilter(random: SeededRandom): CheckpointFilter {
  const time = (): number => random.pick([0, 1, 2, 2.5, 3, -7, 1e13, 1e14, Infinity, Number.NaN]);
  const maybe = <T>(value: T): T[] => (random.below(3) === 0 ? [value] : []);
  const filter: CheckpointFilter = {};
  for (const status of maybe(random.pick([[], "failed", ["failed", "pending"]] as const)))
    filter.status = status;
  for (const agentType of maybe(random.pick(["coder", "nobody", ""]))) filter.agentType = agentType;
  for (const createdAfter of maybe(time())) filter.createdAfter = createdAfter;
  for (const createdBefore of maybe(time())) filter.createdBefore = createdBefore;
  for (const limit of maybe(random.pick([0, 1, 2, 7, 2.5, 0.5, -1, Number.NaN, Infinity, 1e15])))
    filter.limit = limit;
  for (const sortBy of maybe(random.pick(["createdAt", "status"] as const))) filter.sortBy = sortBy;
  for (const sortOrder of maybe(random.pick(["asc", "desc"] as const))) filter.sortOrder = sortOrder;
  return filter;
}
