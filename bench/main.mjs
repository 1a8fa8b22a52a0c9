/**
 * `npm run bench [-- <name>]`: one workload, or all of them.
 *
 * Constraints: figures are compared within one run; nothing here is a test, and nothing fails because a machine is slow.
 */
import { listNewest } from "./list-newest.mjs";

/** @type {Record<string, () => Promise<void>>} */
const workloads = { "list-newest": listNewest };

const wanted = process.argv[2];
const names = wanted === undefined ? Object.keys(workloads) : [wanted];
for (const name of names) {
  const workload = workloads[name];
  if (!workload) {
    process.stderr.write(`There is no workload ${name}. There are: ${Object.keys(workloads).join(", ")}\n`);
    process.exit(2);
  }
  process.stdout.write(`\n${name}\n`);
  await workload();
}
