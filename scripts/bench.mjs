/**
 * `npm run bench`: the set-up, the peers that are compared with, and the benchmarks with the arguments given.
 */
import { run } from "./setup/command.mjs";
import { installBenchDependencies } from "./setup/dependencies.mjs";
import { runMain, setup } from "./setup.mjs";

await runMain(async () => {
  await setup();
  await installBenchDependencies();
  await run(process.execPath, ["bench/main.mjs", ...process.argv.slice(2)]);
});
