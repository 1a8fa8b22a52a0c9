/**
 * Makes a clone ready: checks the tools, installs the dependencies and builds, each only where needed.
 *
 * Constraint: uses nothing but Node itself, since it runs before anything is installed.
 */
import { pathToFileURL } from "node:url";

import { buildIfStale } from "./setup/build.mjs";
import { SetupError } from "./setup/command.mjs";
import { installDependencies } from "./setup/dependencies.mjs";
import { checkToolchain } from "./setup/toolchain.mjs";

export async function setup() {
  checkToolchain();
  await installDependencies();
  await buildIfStale();
}

/**
 * Runs a script's main function; a known failure is shown by its message alone.
 *
 * @param {() => Promise<void>} main
 */
export async function runMain(main) {
  try {
    await main();
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    process.stderr.write(`\n${error.message}\n`);
    process.exitCode = 1;
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  await runMain(setup);
}
