/**
 * The child: plays the run from where the store says it is, and tells its parent of each call that was accepted.
 *
 * It has no state of its own: everything it needs to go on is what it finds in the store, as after any crash.
 */
import { performance } from "node:perf_hooks";

import { NativeCheckpointStorage, NativeTaskGraphEventLog } from "agent-storage-engine";

import { CHECKPOINT_ID, checkpointAfter, eventsOf, STEPS } from "./run.mjs";

const rootDir = process.argv[2];
if (!rootDir) throw new Error("usage: agent.mjs <directory>");
const log = new NativeTaskGraphEventLog({ rootDir });
const checkpoints = new NativeCheckpointStorage({ rootDir });

/** @param {import("./progress.mjs").Told} told */
const tell = (told) => process.send?.(told);

const found = await checkpoints.load(CHECKPOINT_ID);
const done = found?.currentStep ?? 0;
// Events may be ahead of the checkpoint: the step they belong to is played again, without what is there already.
const nextEvent = (log.replay(0).at(-1)?.sequenceId ?? 0) + 1;

for (let step = done + 1; step <= STEPS; step += 1) {
  for (const event of eventsOf(step)) {
    if (event.sequenceId < nextEvent) continue;
    const before = performance.now();
    const sequenceId = log.append(event);
    tell({ call: "append", sequenceId, ms: performance.now() - before });
  }
  const checkpoint = checkpointAfter(step);
  const before = performance.now();
  await checkpoints.save(checkpoint);
  tell({ call: "save", step, ms: performance.now() - before });
}
await log.close();
await checkpoints.close();
process.disconnect?.();
