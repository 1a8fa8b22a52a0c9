/**
 * Many checkpoints of a size, each with an id of its own, from some agents in turn.
 *
 * Constraints: equal arguments give equal checkpoints. An agent goes through tasks: each begins with a context of its own
 * of five sixths of the size, grows by its steps to seven sixths, and makes room for the next.
 */
import { AgentRun } from "./agent-run.mjs";

/** @typedef {import("../engine.mjs").Checkpoint} Checkpoint */

const BYTES_OF_STEP = 1000;

/**
 * @param {{ count: number, bytes: number, agents: number, seed?: number }} options
 * @returns {Generator<Checkpoint, void>} objects that change once the same agent's next is taken
 */
export function* smallCheckpoints({ count, bytes, agents, seed = 20 }) {
  const grown = Math.max(1, Math.round(bytes / 3 / BYTES_OF_STEP));
  const context = Math.max(1, Math.round((bytes * 5) / 6 / BYTES_OF_STEP));
  /** @type {AgentRun[]} */
  const runs = [];
  for (let number = 0; number < count; number += 1) {
    const agent = number % agents;
    const isNewTask = Math.floor(number / agents) % grown === 0;
    if (isNewTask) {
      const steps = context + grown;
      runs[agent] = new AgentRun({
        steps,
        bytes: (bytes * 7) / 6,
        seed: seed + number,
        agentId: `agent-${agent}`,
      });
      for (let step = 0; step < context; step += 1) runs[agent].step();
    }
    const checkpoint = /** @type {AgentRun} */ (runs[agent]).stepWithNewId();
    checkpoint.createdAt += number;
    yield checkpoint;
  }
}
