/**
 * (c) One id saved 200 times while its checkpoint grows to 4.5 MB, as a long run does.
 */
import { AgentRun } from "../data/agent-run.mjs";
import { emptyProcess, steps, watchSaves } from "./saves.mjs";

const STEPS = 200;
const BYTES = 4_500_000;

/** @type {import("./contract.mjs").Workload} */
export const workload = {
  title: "Save one id 200 times while it grows to 4.5 MB",
  contenders: ["ours", "messagepack-files", "better-sqlite3", "lmdb"],
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
