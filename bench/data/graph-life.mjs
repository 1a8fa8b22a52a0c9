/**
 * The events of a graph whose nodes come, run, end and, where only so many may live at once, go again.
 *
 * Constraint: equal arguments give equal events in every process.
 */

/** @typedef {import("../engine.mjs").TaskGraphEvent} TaskGraphEvent */
/** @typedef {[type: TaskGraphEvent["type"], nodeId: string, payload: Record<string, unknown>]} Happening */

const STARTED_AT = Date.UTC(2026, 0, 1);

/**
 * The first `count` events. Without evictions two nodes take five of them, with evictions every node takes four.
 *
 * @param {number} count
 * @param {number} [mostLive]
 * @returns {Generator<TaskGraphEvent>}
 */
export function* graphLife(count, mostLive = Number.POSITIVE_INFINITY) {
  let sequenceId = 1;
  for (let number = 0; sequenceId <= count; number += 1) {
    for (const [type, nodeId, payload] of stepsOf(number, mostLive, timestampOf(sequenceId))) {
      const id = `00000000-0000-4000-8000-${String(sequenceId).padStart(12, "0")}`;
      yield { id, sequenceId, eventVersion: 1, nodeId, type, timestamp: timestampOf(sequenceId), payload };
      sequenceId += 1;
    }
  }
}

/** @param {number} number @param {number} mostLive @param {string} now @returns {Happening[]} */
function stepsOf(number, mostLive, now) {
  const node = nodeOf(number, now);
  /** @type {Happening[]} */
  const steps = [
    ["node_created", node.id, { node }],
    ["node_started", node.id, { status: "running" }],
  ];
  const evicts = Number.isFinite(mostLive);
  if (evicts || number % 2 === 1) steps.push(["node_completed", node.id, { status: "completed" }]);
  if (!evicts) return steps;
  const gone = nodeOf(number - mostLive, now);
  return [
    ...steps,
    number < mostLive
      ? ["artifact_emitted", node.id, { name: "log" }]
      : ["node_evicted", gone.id, { node: gone }],
  ];
}

/** @param {number} number @param {string} now */
function nodeOf(number, now) {
  return {
    ...{ id: `node-${number}`, type: "tool_call", title: `Call tool ${number % 50} for step ${number}` },
    ...{
      status: "pending",
      dependsOn: number > 0 ? [`node-${number - 1}`] : [],
      toolCallId: `call-${number}`,
    },
    ...{ createdAt: now, updatedAt: now, lastAccessedAt: now },
  };
}

/** @param {number} sequenceId */
function timestampOf(sequenceId) {
  return new Date(STARTED_AT + sequenceId * 1000).toISOString();
}
