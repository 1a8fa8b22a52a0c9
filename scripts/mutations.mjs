/**
 * `npm run mutations`: takes one safeguard after the other out of the crates and shows which test fails then.
 *
 * Constraints: each mutation names the test that notices it, and that test must fail, as a test, with the mutation and pass without; a text that is no longer there
 * exactly once ends the run; what no test can notice is told and counted apart. The working tree is not touched.
 */
import Table from "cli-table3";
import { Command } from "commander";
import { MUTATIONS } from "./mutations/list.mjs";
import { search } from "./mutations/search.mjs";
import { writeCopy } from "./mutations/source.mjs";
import { build, programOf, runTests } from "./mutations/tests.mjs";
import { SetupError } from "./setup/command.mjs";
import { runMain } from "./setup.mjs";

/** @typedef {import("./mutations/source.mjs").Mutation} Mutation */

/**
 * The program and the name of a mutation's test.
 *
 * @param {Mutation} mutation
 * @returns {[string, string]}
 */
function testOf({ name, test = "" }) {
  const [program = "", testName] = test.split(" ");
  if (testName === undefined) throw new SetupError(`"${name}" names no test`);
  return [program, testName];
}

/**
 * Whether all tests that are named pass as long as no mutation is on.
 *
 * @param {Map<string, import("./mutations/tests.mjs").Program>} programs
 * @param {readonly Mutation[]} mutations
 */
async function checkUnmutated(programs, mutations) {
  for (const [name, program] of programs) {
    const own = mutations.map(testOf).filter(([of]) => of === name);
    const names = [...new Set(own.map(([, test]) => test))];
    const { failed, passed } = await runTests(program, ["--exact", ...names]);
    if (failed.length > 0) throw new SetupError(`These fail without a mutation: ${failed.join(", ")}`);
    if (passed !== names.length)
      throw new SetupError(`Of ${names.length} tests of ${name} only ${passed} ran: ${names.join(", ")}`);
  }
}

/**
 * @param {readonly Mutation[]} mutations
 * @returns {Promise<Mutation[]>} those that were not noticed
 */
async function runAll(mutations) {
  const programs = await build([...new Set(mutations.map((mutation) => testOf(mutation)[0]))]);
  await checkUnmutated(programs, mutations);
  const survivors = [];
  for (const mutation of mutations) {
    const [name, test] = testOf(mutation);
    const { failed, why } = await runTests(programOf(programs, name), ["--exact", test], mutation.name);
    const told = failed.length > 0 ? `caught by ${name} ${test}` : `SURVIVED ${name} ${test}: ${why}`;
    process.stdout.write(`${mutation.name}: ${told}\n`);
    if (failed.length === 0) survivors.push(mutation);
  }
  return survivors;
}

/**
 * What became of a mutation.
 *
 * @param {Mutation} mutation
 * @param {readonly Mutation[]} survivors
 */
function outcomeOf(mutation, survivors) {
  if (mutation.redundant !== undefined) return "redundant";
  return survivors.includes(mutation) ? "survived" : "caught";
}

/**
 * @param {readonly Mutation[]} mutations
 * @param {readonly Mutation[]} survivors
 */
function print(mutations, survivors) {
  const table = new Table({ head: ["file", "mutation", "caught by"], style: { head: [], border: [] } });
  const figures = { mutations: mutations.length, caught: 0, survived: 0, redundant: 0 };
  for (const mutation of mutations) {
    const { crate, file, name, test = "", redundant = "" } = mutation;
    const outcome = outcomeOf(mutation, survivors);
    figures[outcome] += 1;
    const told = {
      caught: test,
      survived: "NOTHING",
      redundant: `redundant: ${redundant}`,
    };
    table.push([`${crate}/${file}`, name, told[outcome]]);
  }
  process.stdout.write(`\n${table.toString()}\n\nfigures: ${JSON.stringify(figures)}\n`);
}

await runMain(async () => {
  /** @type {{ only: string, search: boolean }} */
  const options = new Command("mutations")
    .description("Takes safeguards out of the crates and shows which test notices.")
    .option("--only <word>", "only mutations with this in their name or file", "")
    .option("--search", "run every test on them, to find those that notice", false)
    .parse()
    .opts();
  const mutations = MUTATIONS.filter(({ crate, name, file }) =>
    `${crate}/${file} ${name}`.includes(options.only),
  );
  writeCopy(MUTATIONS);
  if (options.search) return search(mutations);
  const survivors = await runAll(mutations.filter((mutation) => outcomeOf(mutation, []) === "caught"));
  print(mutations, survivors);
  if (survivors.length > 0) process.exitCode = 1;
});
