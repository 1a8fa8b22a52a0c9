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
  "safeguards",
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
  for (const mutation of mutations)
    process.stdout.write(`${mutation.name}: ${await noticing(programs, mutation)}\n`);
}

/**
 * @param {Map<string, string>} programs
 * @param {import("./source.mjs").Mutation} mutation
 */
async function noticing(programs, { name, file }) {
  const others = [];
  for (const program of FROM_THE_QUICKEST) {
    // Of the unit tests those of the part that the file belongs to.
    const args = program === "lib" ? [`${file.split(/[./]/)[0]}::`] : [];
    const { failed, passed, why } = await runTests(programs.get(program) ?? program, args, name);
    if (failed.length > 0) return failed.map((test) => `${program} ${test}`).join(", ");
    if (passed === 0 && program !== "lib") others.push(`${program} ${why}`);
  }
  return ["NOTHING", ...others].join(", ");
}
