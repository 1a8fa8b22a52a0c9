/**
 * A checkpoint that grows with the steps of an agent's run, as its manager does it: one object, changed in place between saves.
 *
 * Constraints: equal arguments give equal checkpoints; after `steps` steps the checkpoint takes about `bytes` bytes of
 * MessagePack, and each step adds the same share. Lists grow at their ends only.
 */
import { Random } from "./random.mjs";
import { path, prose, toolOutput, word } from "./text.mjs";

/** @typedef {import("../engine.mjs").Checkpoint} Checkpoint */

const STARTED_AT = Date.UTC(2026, 0, 1);

/** What a step takes beside its texts: keys, ids, numbers. */
const STEP_OVERHEAD = 265;

/** What a checkpoint takes without any step. */
const EMPTY = 440;

/** @typedef {{ steps: number, bytes: number, seed?: number, agentId?: string }} RunOptions */

export class AgentRun {
  #random;
  #textPerStep;
  /** @type {Checkpoint} */
  checkpoint;

  /** @param {RunOptions} options */
  constructor({ steps, bytes, seed = 1, agentId = "agent-1" }) {
    this.#random = new Random(seed);
    this.#textPerStep = Math.max(16, (bytes - EMPTY) / steps - STEP_OVERHEAD);
    this.checkpoint = {
      ...{ id: this.#random.uuid(), version: 1, createdAt: STARTED_AT, agentType: "coder", agentId },
      ...{ task: prose(this.#random, 120), status: "pending", currentStep: 0, maxSteps: steps },
      ...{ messages: [], pendingToolCalls: [], completedToolCalls: [], childCheckpointIds: [] },
      metadata: { model: "large", temperature: 0.2, tokens: { input: 0, output: 0 } },
    };
  }

  /** Does one more step, and gives the checkpoint, which is the same object each time. */
  step() {
    const { checkpoint } = this;
    const random = this.#random;
    checkpoint.currentStep += 1;
    checkpoint.createdAt = STARTED_AT + checkpoint.currentStep * 1000;
    checkpoint.metadata["tokens"] = { input: random.below(1e5), output: random.below(4000) };
    const timestamp = checkpoint.createdAt;
    const said = Math.round(this.#textPerStep * (0.15 + random.next() * 0.2));
    checkpoint.messages.push({ role: "assistant", content: prose(random, said), timestamp });
    checkpoint.completedToolCalls.push(this.#toolCall(Math.round(this.#textPerStep) - said, timestamp));
    return checkpoint;
  }

  /** The checkpoint after this step under an id of its own. */
  stepWithNewId() {
    const checkpoint = this.step();
    checkpoint.id = this.#random.uuid();
    return checkpoint;
  }

  /** @param {number} length @param {number} timestamp */
  #toolCall(length, timestamp) {
    const random = this.#random;
    const output = toolOutput(random, length);
    return {
      ...{ callId: `call_${random.hex(8)}`, name: word(random), success: random.chance(0.9), timestamp },
      arguments: { path: path(random), query: prose(random, 40) },
      result: { output, exitCode: 0, lines: output.split("\n").length },
      durationMs: Math.round(random.next() * 90_000) / 100,
    };
  }
}
