import { describe, expect, it } from "vitest";
import { Latencies } from "../../bench/measure/latencies.mjs";

describe("Latencies", () => {
  // A percentile that is off by one bucket of ten would move a target by more than what it is about.
  it("gives percentiles within a thousandth, in nanoseconds", () => {
    const latencies = new Latencies();
    for (let microseconds = 1; microseconds <= 10_000; microseconds += 1)
      latencies.record(microseconds / 1000);
    const { count, mean, p50, p99, p999, max } = latencies.summary();
    expect(count).toBe(10_000);
    for (const [found, expected] of [
      [mean, 5_000_500],
      [p50, 5_000_000],
      [p99, 9_900_000],
      [p999, 9_990_000],
      [max, 10_000_000],
    ] as const) {
      expect(Math.abs(found / expected - 1)).toBeLessThan(0.002);
    }
  });

  it("shows one slow call among many as the longest alone", () => {
    const latencies = new Latencies();
    for (let call = 0; call < 9999; call += 1) latencies.record(0.005);
    latencies.record(40_000);
    const { p999, max } = latencies.summary();
    expect(p999).toBeLessThan(5100);
    expect(max).toBeGreaterThan(39.9e9);
  });

  it("never tells a percentile beyond the largest value, and counts what took no time", () => {
    const latencies = new Latencies();
    latencies.record(0);
    latencies.record(1.234_567);
    const { p50, p99, max, count } = latencies.summary();
    expect([p50, count]).toEqual([1, 2]);
    expect(p99).toBeLessThanOrEqual(max);
  });

  it("times a promise until it is resolved", async () => {
    const latencies = new Latencies();
    const result = await latencies.timeLater(() => new Promise((resolve) => setTimeout(resolve, 5, "done")));
    expect(result).toBe("done");
    expect(latencies.summary().p50).toBeGreaterThan(3e6);
  });
});
