/**
 * A process that keeps a task graph's log until it is killed: does what the file that it is given tells, one step after the other, and says of each that it is done.
 */
import { readFileSync, writeSync } from "node:fs";
import { setImmediate as nextTurn } from "node:timers/promises";
import { deserialize } from "node:v8";
import { NativeTaskGraphEventLog } from "agent-storage-engine";

const [rootDir = "", file = ""] = process.argv.slice(2);
/** @type {import("./graph-steps.js").GraphStep[]} */
const steps = deserialize(readFileSync(file));
const log = new NativeTaskGraphEventLog({ rootDir });

for (const step of steps) {
  if (step.do === "append") log.append(step.event);
  else if (step.do === "prune") log.prune(step.before);
  // States are kept between two turns.
  else for (let turns = 0; turns < step.turns; turns += 1) await nextTurn();
  writeSync(1, ".");
}
// The one that kills it is to find it at work.
setInterval(() => {}, 1000);
