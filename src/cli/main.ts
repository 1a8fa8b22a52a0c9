#!/usr/bin/env node
/**
 * The command `agent-storage-engine`.
 *
 * Constraint: only `package.json`'s `bin` names this module, so what the command line needs is never loaded by a program that uses the library.
 */
import { run } from "./run.js";

void run(process.argv.slice(2), process).then((code) => {
  // Not `process.exit`, which would cut off output that is still on its way.
  process.exitCode = code;
});
