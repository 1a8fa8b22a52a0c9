import { expect, it } from "vitest";
import { page } from "../../bench/report/page.mjs";
import type { WorkloadResult } from "../../bench/runner/run-workload.mjs";

const machine = {
  ...{ platform: "linux" as const, architecture: "x64" as const, node: "v0", v8: "0", fileSystem: "ext4" },
  ...{ processor: "<processor>", processors: 2, memory: 1 },
};

const workload: WorkloadResult = {
  ...{ name: "append", title: "Append & more" },
  outcomes: {
    ours: {
      figures: {
        append: { kind: "latency", count: 1, mean: 1, p50: 4000, p99: 9000, p999: 30_000, max: 90_000 },
        disk: { kind: "amount", unit: "bytes", value: 0 },
        growth: {
          kind: "series",
          unit: "ms",
          points: [
            [1000, 0.5],
            [10_000, 0.7],
          ],
        },
      },
    },
    lmdb: { skipped: "not installed" },
  },
};

// A page that loads something shows nothing where it is looked at later; a coordinate that is no number, a plot without its shape.
it("is one page with every plot, that loads nothing and draws nothing at NaN", () => {
  const html = page({ scale: 1, machine, workloads: [workload], targets: [] });
  expect(html.match(/<svg /g)).toHaveLength(3);
  expect(html).not.toMatch(/https?:|<script|<link|NaN|Infinity|undefined/);
  expect(html).toContain("&lt;processor&gt;");
  expect(html).toContain("Append &amp; more");
});
