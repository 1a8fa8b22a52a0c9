/** The targets from a made-up run: a figure taken from the wrong contender or compared the wrong way round would call a miss a success. */
import { describe, expect, it } from "vitest";
import type { Figures, Latency } from "../../bench/measure/figures.mjs";
import { type Target, targetsOf } from "../../bench/report/targets.mjs";
import type { WorkloadResult } from "../../bench/runner/run-workload.mjs";

const latency = (p50: number, p99: number, p999: number, count = 100): Latency => ({
  ...{ kind: "latency", count, mean: p50, p50, p99, p999, max: p999 },
});
const amount = (value: number): Figures[string] => ({ kind: "amount", unit: "ms", value });

function result(name: string, figuresOf: Record<string, Figures>): WorkloadResult {
  const outcomes = Object.entries(figuresOf).map(([contender, figures]) => [contender, { figures }]);
  return { name, title: name, outcomes: Object.fromEntries(outcomes) };
}

function appends(ours: Latency, floor: Latency, sqlite: Latency): WorkloadResult {
  return result("append", {
    ours: { append: ours },
    floor: { append: floor },
    "better-sqlite3": { append: sqlite },
  });
}

function named(targets: Target[], what: RegExp): Target {
  const found = targets.find((target) => what.test(target.what));
  if (!found) throw new Error(`no target ${what}`);
  return found;
}

describe("targetsOf", () => {
  const floor = latency(4000, 10_000, 30_000);
  const sqlite = latency(15_000, 60_000, 90_000);

  it.each([
    ["p50", latency(4800, 1, 1), latency(4801, 1, 1), /append p50/],
    ["p99", latency(1, 14_000, 1), latency(1, 14_001, 1), /append p99: 1\.2/],
    ["p99.9", latency(1, 1, 110_000), latency(1, 1, 110_001), /append p99\.9/],
    ["p99 beside SQLite", latency(1, 30_000, 1), latency(1, 30_001, 1), /better-sqlite3/],
  ])("holds at the limit of the append's %s and not beyond", (_, at, beyond, what) => {
    expect(named(targetsOf([appends(at, floor, sqlite)]), what).holds).toBe(true);
    expect(named(targetsOf([appends(beyond, floor, sqlite)]), what).holds).toBe(false);
  });

  it("asks 64 appenders for 20,000, or for less where the disk's own sync is slow", () => {
    const shared = (rate: number) => result("append-shared", { ours: { "durable events": amount(rate) } });
    const syncs = (p50: number) =>
      result("append-sync", { ours: {}, floor: { append: latency(p50, p50, p50) } });
    const verdict = (rate: number, p50: number) => named(targetsOf([shared(rate), syncs(p50)]), /64/).holds;
    expect(verdict(19_999, 100_000)).toBe(false);
    expect(verdict(20_000, 100_000)).toBe(true);
    // 0.9 × 64 ÷ 10 ms
    expect(verdict(5760, 10e6)).toBe(true);
    expect(verdict(5759, 10e6)).toBe(false);
  });

  it("compares a replay with the best of the peers, not with itself", () => {
    const replays = (ours: number) =>
      result("replay", {
        ours: { replay: amount(ours) },
        lmdb: { replay: amount(600) },
        "classic-level": { replay: amount(300) },
      });
    expect(named(targetsOf([replays(100)]), /best peer/).holds).toBe(true);
    expect(named(targetsOf([replays(101)]), /best peer/).holds).toBe(false);
  });

  it("sums the blocked loop over all saves", () => {
    const saves = (p50: number, count: number): Figures => ({
      "loop blocked": latency(p50, p50, p50, count),
    });
    const targets = (ours: Figures) =>
      targetsOf([result("same-id", { ours, "messagepack-files": saves(8000, 200) })]);
    expect(named(targets(saves(1000, 200)), /blocked/).holds).toBe(true);
    expect(named(targets(saves(1000, 201)), /blocked/).holds).toBe(false);
  });

  it("sums the disk over all three, and judges nothing where one of them was not run", () => {
    const disk = (name: string, ours: number) =>
      result(name, { ours: { disk: amount(ours) }, "messagepack-files": { disk: amount(30) } });
    const [c, d, e] = [disk("same-id", 25), disk("new-id", 2), disk("many-agents", 3)];
    expect(named(targetsOf([c, d, e]), /disk over/).holds).toBe(true);
    expect(named(targetsOf([c, d, disk("many-agents", 4)]), /disk over/).holds).toBe(false);
    expect(named(targetsOf([c, d]), /disk over/).holds).toBeUndefined();
  });

  it("judges nothing of a contender that was skipped or failed", () => {
    const run: WorkloadResult = {
      ...{ name: "append", title: "" },
      outcomes: {
        ours: { figures: { append: floor } },
        floor: { skipped: "why" },
        "better-sqlite3": { failed: "how" },
      },
    };
    for (const target of targetsOf([run])) expect(target.holds).toBeUndefined();
  });
});
