/**
 * (e) 2,000 checkpoints of 20 kB from 50 agents in turn, each under an id of its own.
 */
import { smallCheckpoints } from "../data/small-checkpoints.mjs";
import { emptyProcess, watchSaves } from "./saves.mjs";

/** @type {import("./contract.mjs").Workload} */
export const workload = {
  title: "Save 2,000 checkpoints of 20 kB from 50 agents",
  contenders: ["ours", "messagepack-files", "better-sqlite3", "node:sqlite", "lmdb", "classic-level"],
  needsEmpty: true,
  parts: {
    run(contender, context) {
      const checkpoints = smallCheckpoints({ count: context.count(2000, 100), bytes: 20_000, agents: 50 });
      return watchSaves(contender, context.directory, checkpoints);
    },
    empty: emptyProcess,
  },
};
