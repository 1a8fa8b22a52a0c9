/**
 * What a long run consists of. The weights are such that in a hundred minutes on two cores each part reaches what docs/reliability.md counts: nearly half of them go to the crashes.
 *
 * Constraint: every part obeys `ENGINE_SECONDS` and `ENGINE_SEED`, prints what it tried on lines that begin with "figures: ", and fails where anything was lost.
 */

/**
 * @typedef {object} Part
 * @property {string} name
 * @property {number} weight - its share of the time
 * @property {string} program
 * @property {string[]} args
 */

/** What selects the engine with the scheduler of the tests in place of the machine's. */
export const SCHEDULES = ["-p", "agent-storage-engine", "--features", "schedules", "--test", "schedules"];

/**
 * @param {string} name
 * @param {number} weight
 * @param {readonly string[]} selection - of a test program, in Cargo's words
 * @param {string} [filter] - which of its tests
 * @returns {Part}
 */
function cargo(name, weight, selection, filter) {
  const tests = filter === undefined ? [] : [filter];
  const args = ["test", "--profile", "torture", "--locked", ...selection, "--", "--nocapture", ...tests];
  return { name, weight, program: "cargo", args };
}

/**
 * @param {string} name
 * @param {number} weight
 * @param {string} test - a test program of the engine
 * @param {string} [filter] - which of its tests
 */
function engine(name, weight, test, filter) {
  return cargo(name, weight, ["-p", "agent-storage-engine", "--test", test], filter);
}

/**
 * @param {string} name
 * @param {number} weight
 * @param {string} file
 * @param {string} [filter] - which of its tests
 * @returns {Part}
 */
function javascript(name, weight, file, filter) {
  const tests = filter === undefined ? [] : ["-t", filter];
  const args = ["node_modules/vitest/vitest.mjs", "run", "--reporter=verbose", file, ...tests];
  return { name, weight, program: process.execPath, args };
}

/** @type {readonly Part[]} */
export const PARTS = [
  engine("crashes at every call, simulated", 270, "crash", "every_crash"),
  engine("sequences of operations, shrunk where they fail", 12, "sequences"),
  cargo("orders of group commit", 6, SCHEDULES, "group_commit"),
  cargo("orders of flushes, compactions and readers", 6, SCHEDULES, "upkeep"),
  cargo("orders of releases and closes", 6, SCHEDULES, "lifetimes"),
  engine("failing calls, simulated", 6, "faults", "every_failing_call_is_told"),
  engine("flipped bits", 4, "damage", "every_flipped_bit"),
  engine("repairs", 6, "damage", "one_flipped_bit_costs"),
  engine("power cuts on ext4", 30, "power", "ext4"),
  engine("power cuts on xfs", 11, "power", "xfs"),
  engine("failed syncs of a real disk", 4, "power", "syncs_that_fail"),
  engine("a full disk at every page", 4, "power", "full_disk"),
  javascript("power cuts under Node.js", 6, "__test__/power-cut.test.ts"),
  engine("killed processes", 57, "kill", "nothing_accepted"),
  javascript("ends of Node.js processes and workers", 125, "__test__/ends/random-lives.test.ts"),
  engine("states that a stream adds up to, over power cuts", 6, "folds", "every_retained"),
  javascript(
    "states of a task graph, at every moment",
    10,
    "__test__/graph-state-model.test.ts",
    "every moment",
  ),
  javascript("states of a task graph, after kills", 8, "__test__/graph-kill.test.ts"),
  javascript("states of a task graph, run after run", 36, "__test__/graph-state-model.test.ts", "every run"),
  cargo("inputs made up", 13, ["-p", "agent-storage-fuzz", "--test", "fuzz"]),
];
