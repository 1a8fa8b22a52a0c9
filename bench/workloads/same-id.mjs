/**
 * (c) One id saved 200 times while its checkpoint grows to 0.9 MB; the caller changes the same object and saves it again.
 */
import { AgentRun } from "../data/agent-run.mjs";
import { emptyProcess, steps, watchSaves } from "./saves.mjs";

const STEPS = 200;
const BYTES = 900_000;

/** @type {import("./contract.mjs").Workload} */
export const workload = {
  title: "Save one id 200 times while it grows to 0.9 MB",
  contenders: ["ours", "messagepack-files", "better-sqlite3", "node:sqlite", "lmdb", "classic-level"],
  needsEmpty: true,
  parts: {
    async run(contender, context) {
      const count = context.count(STEPS);
      return watchSaves(
        contender,
        context.directory,
        steps(new AgentRun({ steps: STEPS, bytes: BYTES }), count),
      );
    },
    empty: emptyProcess,
  },
};
