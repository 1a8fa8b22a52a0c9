/** What the benchmarks store: figures of two runs are worth comparing only where both stored the same. */
import { gzipSync } from "node:zlib";
import { encode } from "@msgpack/msgpack";
import { describe, expect, it } from "vitest";
import { AgentRun } from "../../bench/data/agent-run.mjs";
import { repeatedEvents, taskGraphEvents } from "../../bench/data/events.mjs";
import { smallCheckpoints } from "../../bench/data/small-checkpoints.mjs";
import { tinyCheckpoint } from "../../bench/data/tiny-checkpoints.mjs";

const sizeOf = (value: unknown): number => encode(value).length;

const average = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

function grown(steps: number, bytes: number): AgentRun {
  const run = new AgentRun({ steps, bytes });
  for (let step = 0; step < steps; step += 1) run.step();
  return run;
}

describe("task-graph events", () => {
  it("are the same each time, and fewer are the first of more", () => {
    expect(taskGraphEvents(300)).toEqual(taskGraphEvents(2000).slice(0, 300));
    expect(taskGraphEvents(10, 1)).not.toEqual(taskGraphEvents(10, 2));
  });

  it("have some 270 bytes", () => {
    const size = average(taskGraphEvents(5000).map(sizeOf));
    expect(size).toBeGreaterThan(255);
    expect(size).toBeLessThan(285);
  });

  it("have dense sequences, ids of their own and a dozen common shapes with a tail of odd ones", () => {
    const events = taskGraphEvents(5000);
    expect(events.map(({ sequenceId }) => sequenceId)).toEqual(events.map((_, index) => index + 1));
    expect(new Set(events.map(({ id }) => id)).size).toBe(events.length);
    const counts = new Map<string, number>();
    for (const event of events) counts.set(shapeOf(event), (counts.get(shapeOf(event)) ?? 0) + 1);
    const common = [...counts.values()].filter((count) => count > 25);
    expect(common.length).toBeGreaterThan(8);
    expect(counts.size - common.length).toBeGreaterThan(10);
  });

  // JSON peers could not give back what was appended, and would be told wrong.
  it("survive JSON", () => {
    const events = taskGraphEvents(2000);
    expect(JSON.parse(JSON.stringify(events))).toEqual(events);
  });

  it("go on with the sequence where they are repeated", () => {
    const repeated = [...repeatedEvents(taskGraphEvents(10), 8, 25)];
    expect(repeated.map(({ sequenceId }) => sequenceId)).toEqual(Array.from({ length: 17 }, (_, i) => i + 8));
  });
});

function shapeOf(value: unknown): string {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return "";
  return `{${Object.entries(value).map(([key, inner]) => key + shapeOf(inner))}}`;
}

describe("a growing checkpoint", () => {
  it.each([
    [200, 900_000],
    [200, 4_500_000],
    [40, 20_000],
  ])("has after %i steps about %i bytes, the same each time", (steps, bytes) => {
    const { checkpoint } = grown(steps, bytes);
    expect(sizeOf(checkpoint)).toBeGreaterThan(bytes * 0.95);
    expect(sizeOf(checkpoint)).toBeLessThan(bytes * 1.05);
    expect(checkpoint).toEqual(grown(steps, bytes).checkpoint);
  });

  it("grows evenly, in place and at the ends of its lists", () => {
    const run = new AgentRun({ steps: 100, bytes: 450_000 });
    for (let step = 0; step < 50; step += 1) run.step();
    const [half, before] = [sizeOf(run.checkpoint), structuredClone(run.checkpoint)];
    expect(half).toBeGreaterThan(200_000);
    expect(half).toBeLessThan(250_000);
    expect(run.step()).toBe(run.checkpoint);
    expect(run.checkpoint.messages.slice(0, -1)).toEqual(before.messages);
    expect(run.checkpoint.completedToolCalls.slice(0, -1)).toEqual(before.completedToolCalls);
  });

  // Text that compresses twentyfold would make every disk and every compressor look good.
  it("compresses as what agents write does", () => {
    const bytes = encode(grown(40, 200_000).checkpoint);
    const ratio = bytes.length / gzipSync(bytes).length;
    expect(ratio).toBeGreaterThan(2.5);
    expect(ratio).toBeLessThan(5);
  });
});

describe("many checkpoints", () => {
  it("have ids of their own, some 20 kB and the agents in turn", () => {
    const found = Array.from(
      smallCheckpoints({ count: 500, bytes: 20_000, agents: 50 }),
      ({ id, agentId, ...rest }) => ({ id, agentId, size: sizeOf(rest) }),
    );
    expect(new Set(found.map(({ id }) => id)).size).toBe(500);
    expect(new Set(found.slice(0, 50).map(({ agentId }) => agentId)).size).toBe(50);
    const sizes = found.map(({ size }) => size);
    expect(average(sizes)).toBeGreaterThan(18_000);
    expect(average(sizes)).toBeLessThan(22_000);
    expect(Math.max(...sizes)).toBeLessThan(26_000);
  });

  it("have about 1 kB where they are tiny, each by its number", () => {
    expect(sizeOf(tinyCheckpoint(7))).toBeGreaterThan(850);
    expect(sizeOf(tinyCheckpoint(7))).toBeLessThan(1050);
    expect(tinyCheckpoint(7)).toEqual(tinyCheckpoint(7));
    expect(tinyCheckpoint(8).messages).not.toEqual(tinyCheckpoint(7).messages);
  });
});
