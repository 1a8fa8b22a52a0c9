/**
 * (d) One agent saves each of its 200 steps under a new id, up to 0.9 MB.
 */
import { AgentRun } from "../data/agent-run.mjs";
import { emptyProcess, watchSaves } from "./saves.mjs";

const STEPS = 200;
const BYTES = 900_000;

/** @param {number} count */
function* stepsWithNewIds(count) {
  const run = new AgentRun({ steps: STEPS, bytes: BYTES });
  for (let step = 0; step < count; step += 1) yield run.stepWithNewId();
}

/** @type {import("./contract.mjs").Workload} */
export const workload = {
  title: "Save a new id for each of one agent's 200 steps, up to 0.9 MB",
  contenders: ["ours", "messagepack-files", "better-sqlite3", "node:sqlite", "lmdb", "classic-level"],
  needsEmpty: true,
  parts: {
    run: (contender, context) =>
      watchSaves(contender, context.directory, stepsWithNewIds(context.count(STEPS))),
    empty: emptyProcess,
  },
};
