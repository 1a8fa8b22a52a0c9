/**
 * (c) One id saved 200 times while its checkpoint grows; the caller changes the same object and saves it again.
 */
import { AgentRun } from "../data/agent-run.mjs";
import { emptyProcess, steps, watchSaves } from "./saves.mjs";

const STEPS = 200;

/**
 * @param {{ title: string, bytes: number, contenders: import("./contract.mjs").Workload["contenders"] }} growing
 * @returns {import("./contract.mjs").Workload}
 */
export function growingId({ title, bytes, contenders }) {
  return {
    title,
    contenders,
    needsEmpty: true,
    parts: {
      async run(contender, context) {
        const run = new AgentRun({ steps: STEPS, bytes });
        return watchSaves(contender, context.directory, steps(run, context.count(STEPS)));
      },
      empty: emptyProcess,
    },
  };
}
