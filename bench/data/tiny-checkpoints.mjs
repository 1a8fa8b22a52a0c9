/**
 * Checkpoints of about 1 kB by the million, where their number matters and their contents do not.
 *
 * Constraints: equal numbers give equal checkpoints, without making those before; a later one has a later `createdAt`. Their texts are cuts
 * of one long text, so they compress better than those of an agent do.
 */
import { Random } from "./random.mjs";
import { prose } from "./text.mjs";

const STARTED_AT = Date.UTC(2026, 0, 1);
const AGENTS = 50;
const TEXT = prose(new Random(3), 256 * 1024);

/** @param {Random} random @param {number} length */
function cut(random, length) {
  const at = random.below(TEXT.length - length);
  return TEXT.slice(at, at + length);
}

/** @param {number} number from 0 @returns {string} */
export function tinyId(number) {
  return `checkpoint-${String(number).padStart(7, "0")}`;
}

/** @param {number} number from 0 @returns {import("../engine.mjs").Checkpoint} */
export function tinyCheckpoint(number) {
  const random = new Random(number);
  const timestamp = STARTED_AT + number;
  return {
    ...{
      id: tinyId(number),
      version: 1,
      createdAt: timestamp,
      agentType: "coder",
      agentId: `agent-${number % AGENTS}`,
    },
    ...{ task: cut(random, 60), status: "pending", currentStep: number % 100, maxSteps: 100 },
    messages: [
      { role: "user", content: cut(random, 200), timestamp },
      { role: "assistant", content: cut(random, 350), timestamp },
    ],
    ...{
      pendingToolCalls: [],
      completedToolCalls: [],
      childCheckpointIds: [],
      metadata: { tokens: random.below(4000) },
    },
  };
}

/** Those from one number to before another. @param {number} from @param {number} end */
export function* tinyCheckpoints(from, end) {
  for (let number = from; number < end; number += 1) yield tinyCheckpoint(number);
}
