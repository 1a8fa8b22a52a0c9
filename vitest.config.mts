import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["__test__/**/*.test.ts"],
    // A process for each file: the addon keeps its threads and open stores per process.
    pool: "forks",
    // Guards against a hang only; no test may depend on the machine's speed.
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
