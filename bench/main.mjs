/**
 * `npm run bench [-- <workload>…]`: runs workloads for all contenders and shows what came out.
 *
 * Constraints: figures are compared within one run; nothing here is a test, and nothing fails because a machine is slow or a target is missed. Only a
 * contender that does wrong ends it with an exit code, after all the others have run.
 */
import { mkdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { Command, InvalidArgumentError } from "commander";
import { OURS } from "./contenders/index.mjs";
import { writeJson } from "./report/json.mjs";
import { writePage } from "./report/page.mjs";
import { targetTable, workloadTables } from "./report/table.mjs";
import { targetsOf } from "./report/targets.mjs";
import { strippedAddonBytes } from "./runner/addon.mjs";
import { describeMachine } from "./runner/machine.mjs";
import { runWorkload } from "./runner/run-workload.mjs";
import { loadWorkload, WORKLOADS } from "./workloads/index.mjs";

/** @typedef {{ scale: number, onlyPeers: boolean, out: string }} Options */
/** @typedef {import("./runner/run-workload.mjs").WorkloadResult} WorkloadResult */

const DEFAULT_OUT = fileURLToPath(new URL("../target/bench", import.meta.url));

/** @param {string} line */
const say = (line) => process.stdout.write(`${line}\n`);

/** @param {number} begun */
const secondsSince = (begun) => `${Math.round((performance.now() - begun) / 1000)} s`;

/** @param {string} text */
function parseScale(text) {
  const scale = Number(text);
  if (!(scale > 0 && scale <= 1)) throw new InvalidArgumentError("It is a number above 0, at most 1.");
  return scale;
}

/** @param {string} name @param {string[]} before */
function parseWorkload(name, before = []) {
  if (WORKLOADS.includes(name)) return [...before, name];
  throw new InvalidArgumentError(`There are: ${WORKLOADS.join(", ")}.`);
}

/** @param {readonly string[]} names @param {Options} options */
async function runAll(names, { scale, onlyPeers, out }) {
  /** @type {WorkloadResult[]} */
  const results = [];
  for (const name of names) {
    const begun = performance.now();
    const workload = await loadWorkload(name);
    const contenders = workload.contenders.filter((contender) => !(onlyPeers && contender === OURS));
    say(`\n${name}: ${workload.title}`);
    const onJob = (/** @type {string} */ contender) =>
      process.stderr.isTTY && process.stderr.write(`\r\x1b[K${contender} …`);
    const result = await runWorkload(name, workload, { contenders, scale, base: out, onJob });
    if (process.stderr.isTTY) process.stderr.write("\r\x1b[K");
    say(`${workloadTables(result)}\n${secondsSince(begun)}`);
    results.push(result);
  }
  return results;
}

/** @param {WorkloadResult} result */
function hasFailed({ outcomes }) {
  return Object.values(outcomes).some((outcome) => "failed" in outcome);
}

/** @param {string[]} names @param {Options} options */
async function bench(names, options) {
  const { scale, out } = options;
  await mkdir(out, { recursive: true });
  const begun = performance.now();
  const workloads = await runAll(names.length > 0 ? names : WORKLOADS, options);
  const targets = targetsOf(workloads, { binaryBytes: strippedAddonBytes(out) });
  const run = { scale, machine: await describeMachine(out), workloads, targets };
  say(
    `\nTargets${scale < 1 ? `, of a run at a scale of ${scale}, which tells little` : ""}\n${targetTable(targets)}`,
  );
  const paths = [await writeJson(out, run), await writePage(out, run)];
  say(`${secondsSince(begun)}. ${paths.join(", ")}`);
  if (workloads.some(hasFailed)) process.exitCode = 1;
}

await new Command("bench")
  .description("Measures the package beside what people would use instead.")
  .argument("[workloads...]", `which ones; all where none is named: ${WORKLOADS.join(", ")}`, parseWorkload)
  .option("--scale <n>", "1 as described, a fraction of it for a trial", parseScale, 1)
  .option("--only-peers", "leave the package itself out", false)
  .option("--out <directory>", "where the results go, and the data while it runs", DEFAULT_OUT)
  .action((/** @type {string[]} */ names, /** @type {Options} */ options) => bench(names, options))
  .parseAsync();
