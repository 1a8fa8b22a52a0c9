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

/**
 * Builds test programs, all of the engine's where none is named.
 *
 * @param {readonly string[]} names
 * @returns {Promise<Map<string, string>>} each program's file
 */
export async function build(names) {
  const selected = names.flatMap((name) => (name === "lib" ? ["--lib"] : ["--test", name]));
  const args = ["test", "--locked", "-p", "agent-storage-engine", "--no-run", ...selected];
  /** @type {Map<string, string>} */
  const programs = new Map();
  const code = await execute("cargo", [...args, "--message-format=json-render-diagnostics"], {}, (line) => {
    if (!line.startsWith("{")) return;
    const { reason, executable, target } = JSON.parse(line);
    if (reason === "compiler-artifact" && executable)
      programs.set(target.kind.includes("lib") ? "lib" : target.name, executable);
  });
  if (code !== 0) throw new SetupError("The copy with the mutations does not build.");
  return programs;
}

/**
 * Runs tests of a program with a mutation on.
 *
 * @param {string} program
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
 * @param {string} program
 * @param {readonly string[]} args
 * @param {Record<string, string>} variables
 * @param {(line: string) => void} onLine
 * @returns {Promise<number | null>} the exit code
 */
function execute(program, args, variables, onLine) {
  const isTest = program !== "cargo";
  const env = { ...environmentOf(process.env, false), CARGO_TARGET_DIR: BUILD, ...variables };
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: isTest ? `${COPY}/crates/engine` : COPY,
      // Without debugging information it builds in half the time.
      env: { ...env, CARGO_PROFILE_TEST_DEBUG: "0" },
      stdio: ["ignore", "pipe", isTest ? "ignore" : "inherit"],
      ...(isTest ? { timeout: LONGEST_MS, killSignal: "SIGKILL" } : {}),
    });
    createInterface(child.stdout).on("line", onLine);
    child.on("error", (error) => reject(new SetupError(`${program} did not start: ${error.message}`)));
    child.on("close", (code) => resolve(code));
  });
}
