/**
 * What a long run consists of. The weights are such that in two hours on two cores each part reaches what docs/reliability.md counts.
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

/**
 * @param {string} name
 * @param {number} weight
 * @param {string} test - a Rust test program
 * @param {string} [filter] - which of its tests
 * @param {string} [crate] - where it is
 * @returns {Part}
 */
function rust(name, weight, test, filter, crate = "agent-storage-engine") {
  const selected = filter === undefined ? [] : [filter];
  const args = ["test", "--profile", "torture", "--locked", "-p", crate, "--test", test, "--"];
  return { name, weight, program: "cargo", args: [...args, "--nocapture", ...selected] };
}

/** What selects the engine with the scheduler of the tests in place of the machine's. */
export const SCHEDULES = ["-p", "agent-storage-engine", "--features", "schedules", "--test", "schedules"];

/**
 * @param {string} name
 * @param {number} weight
 * @param {string} filter - which of the tests of schedules: two, so that they run side by side
 * @returns {Part}
 */
function schedules(name, weight, filter) {
  const args = ["test", "--profile", "torture", "--locked", ...SCHEDULES, "--", "--nocapture", filter];
  return { name, weight, program: "cargo", args };
}

/**
 * @param {string} name
 * @param {number} weight
 * @param {string} file
 * @returns {Part}
 */
function javascript(name, weight, file) {
  const args = ["node_modules/vitest/vitest.mjs", "run", "--reporter=verbose", file];
  return { name, weight, program: process.execPath, args };
}

/** @type {readonly Part[]} */
export const PARTS = [
  rust("crashes at every call, simulated", 30, "crash", "every_crash"),
  rust("sequences of operations, shrunk where they fail", 5, "sequences"),
  schedules("orders of group commit", 3, "group_commit"),
  schedules("orders of flushes, compactions and readers", 3, "upkeep"),
  schedules("orders of releases and closes", 3, "lifetimes"),
  rust("failing calls, simulated", 5, "faults", "every_failing_call_is_told"),
  rust("flipped bits", 2, "damage", "every_flipped_bit"),
  rust("repairs", 2, "damage", "one_flipped_bit_costs"),
  rust("power cuts on ext4", 10, "power", "ext4"),
  rust("power cuts on xfs", 3, "power", "xfs"),
  rust("failed syncs of a real disk", 2, "power", "syncs_that_fail"),
  rust("a full disk at every page", 2, "power", "full_disk"),
  javascript("power cuts under Node.js", 2, "__test__/power-cut.test.ts"),
  rust("killed processes", 11, "kill", "nothing_accepted"),
  javascript("ends of Node.js processes and workers", 32, "__test__/ends/random-lives.test.ts"),
  rust("inputs made up", 5, "fuzz", undefined, "agent-storage-fuzz"),
];
