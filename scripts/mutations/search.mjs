/**
 * Looking for the tests that notice a mutation, for a list that is being written.
 *
 * Constraint: the programs are tried from the quickest to the slowest, and the first that fails ends the search.
 */
import { build, programOf, runTests } from "./tests.mjs";

const FROM_THE_QUICKEST = [
  "task-graph/lib",
  "task-graph/timeline",
  "task-graph/model",
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
  "folds",
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
 * @param {Map<string, import("./tests.mjs").Program>} programs
 * @param {import("./source.mjs").Mutation} mutation
 */
async function noticing(programs, { name, file }) {
  const others = [];
  for (const tried of FROM_THE_QUICKEST) {
    // Of the unit tests those of the part that the file belongs to.
    const isLibrary = tried.endsWith("lib");
    const args = isLibrary ? [`${file.split(/[./]/)[0]}::`] : [];
    const { failed, passed, why } = await runTests(programOf(programs, tried), args, name);
    if (failed.length > 0) return failed.map((test) => `${tried} ${test}`).join(", ");
    if (passed === 0 && !isLibrary) others.push(`${tried} ${why}`);
  }
  return ["NOTHING", ...others].join(", ");
}
