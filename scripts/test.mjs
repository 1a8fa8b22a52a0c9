/**
 * `npm test`: the set-up, every Rust test, every JavaScript test, and one closing line with the sum of both.
 *
 * Both suites run even where the first one fails, so that one run shows everything.
 */
import { existsSync, readFileSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { root, run, SetupError } from "./setup/command.mjs";
import { runMain, setup } from "./setup.mjs";
import { SCHEDULES } from "./torture/parts.mjs";

const vitestReport = new URL("target/setup/vitest.json", root);

/** @typedef {{ passed: number, failed: number, skipped: number }} Counts */

/** @returns {Promise<Counts>} */
async function rustTests() {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const selected of [["--workspace"], SCHEDULES])
    await run("cargo", ["test", ...selected, "--locked", "--no-fail-fast"], (line) => {
      const result = /^test result: \w+\. (\d+) passed; (\d+) failed; (\d+) ignored/.exec(line);
      if (!result) return;
      counts.passed += Number(result[1]);
      counts.failed += Number(result[2]);
      counts.skipped += Number(result[3]);
    }).catch(noteFailure);
  return counts;
}

/** @returns {Promise<Counts>} */
async function javascriptTests() {
  const report = [
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${fileURLToPath(vitestReport)}`,
  ];
  const vitest = "node_modules/vitest/vitest.mjs";
  rmSync(vitestReport, { force: true });
  await run(process.execPath, [vitest, "run", ...report]).catch(noteFailure);
  if (!existsSync(vitestReport)) return { passed: 0, failed: 0, skipped: 0 };
  const result = JSON.parse(readFileSync(vitestReport, "utf8"));
  return {
    passed: result.numPassedTests,
    failed: result.numFailedTests,
    skipped: result.numPendingTests + result.numTodoTests,
  };
}

/** @param {unknown} error */
function noteFailure(error) {
  if (!(error instanceof SetupError)) throw error;
  process.stderr.write(`\n${error.message}\n`);
  process.exitCode = 1;
}

await runMain(async () => {
  await setup();
  const [rust, javascript] = [await rustTests(), await javascriptTests()];
  const passed = rust.passed + javascript.passed;
  const failed = rust.failed + javascript.failed;
  const skipped = rust.skipped + javascript.skipped;
  if (rust.passed === 0 || javascript.passed === 0)
    noteFailure(new SetupError("One of the two suites ran no test."));
  process.stdout.write(`\n${passed} passed, ${failed} failed, ${skipped} skipped\n`);
});
