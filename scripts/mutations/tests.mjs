/**
 * Building the copy's tests and running single ones of them.
 *
 * Constraint: only a test that ran and failed has noticed anything. A program that does not start, is ended by a signal or does not come to its end has not.
 */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

import { environmentOf, root, SetupError } from "../setup/command.mjs";
import { COPY, SWITCH } from "./source.mjs";

const BUILD = fileURLToPath(new URL("target/mutations/build", root));
const LONGEST_MS = 300_000;
const RESULT = /^test (\S+)(?: - should panic)? \.\.\. .*?(ok|FAILED)$/;

/** @typedef {{ failed: string[], passed: number, why: string }} Outcome */

/** The package of each crate, and how the names of its programs begin. */
const PACKAGES = [
  { package: "agent-storage-engine", crate: "engine", prefix: "" },
  { package: "agent-task-graph", crate: "task-graph", prefix: "task-graph/" },
];

/** @param {string} program */
function packageOf(program) {
  const [engine, ...others] = PACKAGES;
  return others.find(({ prefix }) => program.startsWith(prefix)) ?? engine;
}

/** @typedef {{ file: string, folder: string }} Program - where it is, and where it runs */

/**
 * Builds test programs.
 *
 * @param {readonly string[]} names
 * @returns {Promise<Map<string, Program>>}
 */
export async function build(names) {
  /** @type {Map<string, Program>} */
  const programs = new Map();
  for (const found of PACKAGES) {
    const own = names.filter((name) => packageOf(name) === found);
    if (own.length > 0) await buildOf(found, own, programs);
  }
  return programs;
}

/**
 * @param {typeof PACKAGES[number]} found
 * @param {readonly string[]} names
 * @param {Map<string, Program>} programs
 */
async function buildOf({ package: name, crate, prefix }, names, programs) {
  const targets = names.map((program) => program.slice(prefix.length));
  const selected = targets.flatMap((target) => (target === "lib" ? ["--lib"] : ["--test", target]));
  const args = ["test", "--locked", "-p", name, "--no-run", "--message-format=json-render-diagnostics"];
  const code = await execute({ file: "cargo", folder: COPY }, [...args, ...selected], {}, (line) => {
    if (!line.startsWith("{")) return;
    const { reason, executable, target } = JSON.parse(line);
    if (reason !== "compiler-artifact" || !executable) return;
    const program = prefix + (target.kind.includes("lib") ? "lib" : target.name);
    programs.set(program, { file: executable, folder: `${COPY}/crates/${crate}` });
  });
  if (code !== 0) throw new SetupError("The copy with the mutations does not build.");
}

/**
 * @param {Map<string, Program>} programs
 * @param {string} name
 */
export function programOf(programs, name) {
  const program = programs.get(name);
  if (program === undefined) throw new SetupError(`There is no program ${name}`);
  return program;
}

/**
 * Runs tests of a program with a mutation on.
 *
 * @param {Program} program
 * @param {readonly string[]} args - which tests, as the program takes it
 * @param {string} [mutation]
 * @returns {Promise<Outcome>}
 */
export async function runTests(program, args, mutation = "") {
  /** @type {Outcome} */
  const outcome = { failed: [], passed: 0, why: "" };
  const code = await execute(program, args, { [SWITCH]: mutation }, (line) => {
    const [, name, result] = RESULT.exec(line) ?? [];
    if (result === "ok") outcome.passed += 1;
    else if (name !== undefined) outcome.failed.push(name);
  });
  if (code === null) outcome.why = "was ended by a signal, or took too long";
  else if (outcome.failed.length === 0) outcome.why = `exit code ${code}, ${outcome.passed} passed`;
  return outcome;
}

/**
 * @param {Program} program
 * @param {readonly string[]} args
 * @param {Record<string, string>} variables
 * @param {(line: string) => void} onLine
 * @returns {Promise<number | null>} the exit code
 */
function execute({ file, folder }, args, variables, onLine) {
  const isTest = file !== "cargo";
  const env = { ...environmentOf(process.env, false), CARGO_TARGET_DIR: BUILD, ...variables };
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, {
      cwd: folder,
      // Without debugging information it builds in half the time.
      env: { ...env, CARGO_PROFILE_TEST_DEBUG: "0" },
      stdio: ["ignore", "pipe", isTest ? "ignore" : "inherit"],
      ...(isTest ? { timeout: LONGEST_MS, killSignal: "SIGKILL" } : {}),
    });
    createInterface(child.stdout).on("line", onLine);
    child.on("error", (error) => reject(new SetupError(`${file} did not start: ${error.message}`)));
    child.on("close", (code) => resolve(code));
  });
}
