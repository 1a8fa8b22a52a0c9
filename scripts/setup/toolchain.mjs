/**
 * The tools that must be there before anything can be installed or built: Node, npm, Rust and a C compiler.
 */
import { readFileSync } from "node:fs";

import { output, root, SetupError } from "./command.mjs";

/** What the tools for tests and builds need; the package itself runs on the older Node that `engines` names. */
const NODE_FOR_DEVELOPMENT = "20.19.0";

/**
 * Checks every tool, so that one run tells of all that is missing.
 *
 * @throws {SetupError} naming what is missing or too old, and how to get it
 */
export function checkToolchain() {
  const problems = [
    nodeProblem(process.versions.node),
    npmProblem(),
    rustProblem(),
    compilerProblem(),
  ].filter((problem) => problem !== null);
  if (problems.length > 0) {
    throw new SetupError(
      `Something is missing on this machine:\n${problems.map((p) => `  - ${p}`).join("\n")}`,
    );
  }
}

/**
 * Whether `version` is at least `minimum`; both are dotted numbers, and what follows them is ignored.
 *
 * @param {string} version
 * @param {string} minimum
 */
export function isAtLeast(version, minimum) {
  const [have, need] = [numbers(version), numbers(minimum)];
  for (const [place, wanted] of need.entries()) {
    const had = have[place] ?? 0;
    if (had !== wanted) return had > wanted;
  }
  return true;
}

/** @param {string} version */
function numbers(version) {
  return (/\d+(?:\.\d+)*/.exec(version)?.[0] ?? "0").split(".").map(Number);
}

/** @param {string} version */
function nodeProblem(version) {
  if (isAtLeast(version, NODE_FOR_DEVELOPMENT)) return null;
  return `Node ${version} is too old: ${NODE_FOR_DEVELOPMENT} or newer is needed (https://nodejs.org).`;
}

function npmProblem() {
  const npm =
    process.platform === "win32" ? output("cmd", ["/c", "npm", "--version"]) : output("npm", ["--version"]);
  return npm === null ? "npm was not found: it comes with Node (https://nodejs.org)." : null;
}

function rustProblem() {
  const minimum =
    /^rust-version = "(.+)"$/m.exec(readFileSync(new URL("Cargo.toml", root), "utf8"))?.[1] ?? "1.0";
  const get = "install it from https://rustup.rs, or run `rustup update`";
  const [cargo, rustc] = [output("cargo", ["--version"]), output("rustc", ["--version"])];
  if (cargo === null || rustc === null) return `Rust (cargo and rustc) was not found: ${get}.`;
  if (!isAtLeast(rustc, minimum)) return `${rustc.trim()} is too old: ${minimum} or newer is needed: ${get}.`;
  return null;
}

/** Rust links with `cc`, and zstd is C; on Windows rustc finds the Visual Studio tools itself and names them if absent. */
function compilerProblem() {
  if (process.platform === "win32" || output("cc", ["--version"]) !== null) return null;
  const get =
    process.platform === "darwin"
      ? "run `xcode-select --install`"
      : "install gcc or clang, for example with `apt install build-essential` or `dnf install gcc`";
  return `A C compiler (cc) was not found: ${get}.`;
}
