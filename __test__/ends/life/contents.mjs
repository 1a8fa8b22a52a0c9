/**
 * What the operations of a life write. The child makes it to store it, and the parent to compare.
 *
 * Constraints: everything follows from the operation's mark and the few numbers that are told of it; a checkpoint grows at its end, as
 * that of an agent does, and differs from every other at its beginning.
 */
import { createHash } from "node:crypto";

const STEP_LENGTH = 3000;
const MOST_STEPS = 700;

/** Text that compresses to half. */
const BOOK = createHash("shake256", { outputLength: (STEP_LENGTH * (MOST_STEPS + 1)) / 2 })
  .update("steps of agents")
  .digest("hex");

/** The time of checkpoints that the drop-in's `prune` finds old, and of those that it does not. */
const LONG_AGO = 1_000_000_000_000;
const FAR_AHEAD = 10_000_000_000_000;

/**
 * What tells an operation from every other of its directory.
 *
 * @param {number} life
 * @param {string} actor
 * @param {number} number
 */
export function markOf(life, actor, number) {
  return `${life}.${actor}.${number}`;
}

/** @param {string} key @param {number} step */
function stepOf(key, step) {
  const from = step * STEP_LENGTH + (key.charCodeAt(key.length - 1) % 10) * 7;
  return BOOK.slice(from, from + STEP_LENGTH);
}

/** @param {string} mark @param {number} index @param {number} size */
export function eventBytes(mark, index, size) {
  return Buffer.from(`${mark}.${index}|${BOOK.slice(0, size)}`);
}

/** @param {string} key @param {string} mark @param {number} steps */
export function checkpointBytes(key, mark, steps) {
  const from = (key.charCodeAt(key.length - 1) % 10) * 7;
  return Buffer.from(`${mark}|${BOOK.slice(from, from + steps * STEP_LENGTH)}`);
}

/**
 * @param {string} key
 * @param {string} mark
 * @param {number} steps
 * @returns {import("agent-storage-engine").Checkpoint}
 */
export function checkpointValue(key, mark, steps) {
  const createdAt = key.startsWith("old/") ? LONG_AGO : FAR_AHEAD;
  return {
    id: key,
    version: 1,
    createdAt,
    task: mark,
    agentType: "coder",
    agentId: key,
    status: "pending",
    messages: Array.from({ length: steps }, (_, step) => ({
      role: "user",
      content: stepOf(key, step),
      timestamp: createdAt + step,
    })),
    pendingToolCalls: [],
    completedToolCalls: [],
    currentStep: steps,
    maxSteps: 1000,
    metadata: {},
    childCheckpointIds: [],
  };
}

/**
 * @param {string} mark
 * @param {number} sequenceId
 * @returns {import("agent-storage-engine").TaskGraphEvent}
 */
export function taskGraphEvent(mark, sequenceId) {
  return {
    id: mark,
    sequenceId,
    eventVersion: 1,
    nodeId: `node-${sequenceId}`,
    type: "node_updated",
    timestamp: "2026-01-02T03:04:05.678Z",
    payload: { text: stepOf(mark, sequenceId % 10) },
  };
}

/** @param {Uint8Array | null} bytes */
export function digestOfBytes(bytes) {
  return bytes === null ? "nothing" : createHash("sha1").update(bytes).digest("base64url");
}

/** Of a value that JSON holds; the order of its properties counts. @param {unknown} value */
export function digestOfValue(value) {
  return digestOfBytes(Buffer.from(JSON.stringify(value)));
}

/** Whether the checkpoints of an id are values of the drop-in, not bytes. @param {string} key */
export function isValue(key) {
  return key.startsWith("value/") || key.startsWith("old/");
}
