/**
 * Running other programs, with their output passed through.
 */
import { spawn, spawnSync } from "node:child_process";

/** The clone's top folder, which every path of the set-up is relative to. */
export const root = new URL("../../", import.meta.url);

/** A failure whose message is all that a reader needs; no stack is shown for it. */
export class SetupError extends Error {}

/**
 * Runs a program in the clone's top folder to its end.
 *
 * @param {string} program
 * @param {readonly string[]} args
 * @param {(line: string) => void} [onLine] sees each line of the standard output, which is passed through all the same
 * @returns {Promise<void>}
 * @throws {SetupError} where it cannot be started, is killed or exits with another code than 0
 */
export function run(program, args, onLine) {
  const shown = [program, ...args].join(" ");
  process.stdout.write(`\n$ ${shown}\n`);
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: root,
      env: environmentOf(process.env, process.stdout.isTTY === true),
      stdio: ["ignore", onLine ? "pipe" : "inherit", "inherit"],
      // On Windows npm is a script, which only a shell starts.
      shell: process.platform === "win32" && program === "npm",
    });
    if (onLine && child.stdout) forwardLines(child.stdout, onLine);
    child.on("error", (error) => reject(new SetupError(`${shown} did not start: ${error.message}`)));
    child.on("close", (code, signal) => {
      if (code === 0) resolve();
      else
        reject(
          new SetupError(`${shown} ${signal ? `was ended by ${signal}` : `failed with exit code ${code}`}`),
        );
    });
  });
}

/**
 * The environment of a program: without colours where nobody watches, since vitest colours what goes into a file too.
 *
 * @param {NodeJS.ProcessEnv} env
 * @param {boolean} isTerminal
 * @returns {NodeJS.ProcessEnv}
 */
export function environmentOf(env, isTerminal) {
  return isTerminal || env["FORCE_COLOR"] !== undefined ? env : { ...env, NO_COLOR: "1" };
}

/**
 * What a program prints, or `null` where it cannot be started or fails.
 *
 * @param {string} program
 * @param {readonly string[]} args
 * @returns {string | null}
 */
export function output(program, args) {
  const result = spawnSync(program, args, {
    cwd: root,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  return result.status === 0 ? result.stdout : null;
}

/**
 * @param {import("node:stream").Readable} stream
 * @param {(line: string) => void} onLine
 */
function forwardLines(stream, onLine) {
  let rest = "";
  stream.setEncoding("utf8");
  stream.on("data", (/** @type {string} */ text) => {
    process.stdout.write(text);
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) onLine(line);
  });
  stream.on("end", () => {
    if (rest !== "") onLine(rest);
  });
}
