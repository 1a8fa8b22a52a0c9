/**
 * `npm run torture -- --minutes N`: all the tests that go on for as long as they are told, one after the other, and what they counted.
 *
 * Constraints: every run has seeds of its own, which are printed, so that what it shows can be repeated; a part that fails ends nothing but itself, is told at the end
 * with how to repeat it, and makes the exit code 1.
 */
import { mkdirSync, writeFileSync } from "node:fs";

import Table from "cli-table3";
import { Command } from "commander";

import { root, run, SetupError } from "./setup/command.mjs";
import { runMain } from "./setup.mjs";
import { PARTS, SCHEDULES } from "./torture/parts.mjs";

const FIGURES = /figures: (\{.*\})/;
const REPORT = new URL("target/torture.json", root);

/** @typedef {{ name: string, seconds: number, figures: Record<string, number>, failure: string | undefined, skipped: string[] }} Outcome */

/** @param {string} text */
function positive(text) {
  const value = Number(text);
  if (!(value > 0)) throw new SetupError(`${text} is no positive number`);
  return value;
}

/**
 * @param {import("./torture/parts.mjs").Part} part
 * @param {number} seconds
 * @param {number} seed
 * @returns {Promise<Outcome>}
 */
async function runPart(part, seconds, seed) {
  /** @type {Outcome} */
  const outcome = { name: part.name, seconds: 0, figures: {}, failure: undefined, skipped: [] };
  const environment = { ENGINE_SECONDS: String(Math.ceil(seconds)), ENGINE_SEED: String(seed) };
  Object.assign(process.env, environment);
  const began = Date.now();
  try {
    await run(part.program, part.args, (line) => {
      const figures = FIGURES.exec(line)?.[1];
      for (const [name, count] of Object.entries(figures === undefined ? {} : JSON.parse(figures)))
        outcome.figures[name] = (outcome.figures[name] ?? 0) + count;
      if (line.includes("skipped: ")) outcome.skipped.push(line.trim());
    });
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    const repeat = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
    outcome.failure = [...repeat, part.program, ...part.args].join(" ");
  }
  outcome.seconds = Math.round((Date.now() - began) / 1000);
  return outcome;
}

/** @param {readonly Outcome[]} outcomes */
function sum(outcomes) {
  /** @type {Record<string, number>} */
  const figures = {};
  for (const outcome of outcomes)
    for (const [name, count] of Object.entries(outcome.figures)) figures[name] = (figures[name] ?? 0) + count;
  return { ...figures, losses: outcomes.filter((outcome) => outcome.failure !== undefined).length };
}

/** @param {readonly Outcome[]} outcomes */
function print(outcomes) {
  const table = new Table({ head: ["part", "seconds", "tried"], style: { head: [], border: [] } });
  for (const { name, seconds, figures, failure, skipped } of outcomes) {
    const counts = Object.entries(figures).map(([what, count]) => `${count.toLocaleString("en")} ${what}`);
    const tried = [...counts, ...skipped, ...(failure === undefined ? [] : ["FAILED"])].join("\n");
    table.push([name, seconds, tried.replaceAll("_", " ")]);
  }
  process.stdout.write(`\n${table.toString()}\n`);
  for (const { failure } of outcomes)
    if (failure !== undefined) process.stdout.write(`\nrepeat: ${failure}\n`);
  process.stdout.write(`\nfigures: ${JSON.stringify(sum(outcomes))}\n`);
}

await runMain(async () => {
  /** @type {{ minutes: number, seed?: number, only: string }} */
  const options = new Command("torture")
    .description("Runs the long tests and counts what they tried.")
    .requiredOption("--minutes <n>", "for how long, in all", positive)
    .option("--seed <n>", "the first seed; another one each time unless given", positive)
    .option("--only <word>", "only the parts with this in their name", "")
    .parse()
    .opts();
  const parts = PARTS.filter((part) => part.name.includes(options.only));
  const weights = parts.reduce((total, part) => total + part.weight, 0);
  const seed = options.seed ?? Math.floor(Math.random() * 2 ** 31) + 1;
  process.stdout.write(`\nseed ${seed}\n`);
  // Before the clock starts.
  const packages = ["-p", "agent-storage-engine", "-p", "agent-storage-fuzz"];
  for (const selected of [packages, SCHEDULES])
    await run("cargo", ["test", "--profile", "torture", "--locked", "--no-run", ...selected]);
  const outcomes = [];
  for (const part of parts)
    outcomes.push(await runPart(part, (options.minutes * 60 * part.weight) / weights, seed));
  print(outcomes);
  mkdirSync(new URL(".", REPORT), { recursive: true });
  writeFileSync(REPORT, `${JSON.stringify({ seed, minutes: options.minutes, outcomes }, null, 2)}\n`);
  if (outcomes.some((outcome) => outcome.failure !== undefined)) process.exitCode = 1;
});
