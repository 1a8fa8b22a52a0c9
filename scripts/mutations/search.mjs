/**
 * Looking for the tests that notice a mutation, for a list that is being written.
 *
 * Constraint: the programs are tried from the quickest to the slowest, and the first that fails ends the search.
 */
import { build, runTests } from "./tests.mjs";

const FROM_THE_QUICKEST = [
  "lib",
  "refusals",
  "regressions",
  "contract",
  "io_contract",
  "faults",
  "crash",
  "damage",
  "concurrency",
  "kill",
  "power",
];

/** @param {readonly import("./source.mjs").Mutation[]} mutations */
export async function search(mutations) {
  const programs = await build(FROM_THE_QUICKEST);
  for (const { name } of mutations) process.stdout.write(`${name}: ${await noticing(programs, name)}\n`);
}

/**
 * @param {Map<string, string>} programs
 * @param {string} mutation
 */
async function noticing(programs, mutation) {
  const others = [];
  for (const program of FROM_THE_QUICKEST) {
    const { failed, passed, why } = await runTests(programs.get(program) ?? program, [], mutation);
    if (failed.length > 0) return failed.map((test) => `${program} ${test}`).join(", ");
    if (passed === 0) others.push(`${program} ${why}`);
  }
  return ["NOTHING", ...others].join(", ");
}
