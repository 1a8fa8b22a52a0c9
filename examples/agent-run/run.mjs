/**
 * The agent run that the demo plays: what happens in each step, as a function of the step alone.
 *
 * Constraints: whoever knows a step's number knows its events and its checkpoint to the byte, so that the parent can tell
 * whether anything is missing without having been told what was written.
 */

/** How many steps the run has. */
export const STEPS = 200;

/** How many events each step appends. */
export const EVENTS_PER_STEP = 5;

/** The one checkpoint id, saved again after each step. */
export const CHECKPOINT_ID = "agent-run";

const STARTED_AT = Date.UTC(2026, 0, 1);
const TOOLS = ["read_file", "grep", "edit_file", "run_tests", "search_docs"];

/** The tool that a step calls. @param {number} step */
const toolOf = (step) => TOOLS[step % TOOLS.length] ?? "read_file";
const WORDS = "parse the module graph then rename every import and run what depends on it once more".split(
  " ",
);

/** A small seeded generator (splitmix32): the same numbers in every process. @param {number} seed */
function random(seed) {
  let state = seed | 0;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = state ^ (state >>> 16);
    mixed = Math.imul(mixed, 0x21f0aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32;
  };
}

/** @param {() => number} next @param {number} length */
function text(next, length) {
  let words = "";
  while (words.length < length) words += `${WORDS[Math.floor(next() * WORDS.length)]} `;
  return words.slice(0, length);
}

/** @param {number} step */
const isoTime = (step) => new Date(STARTED_AT + step * 1000).toISOString();

/**
 * The events of a step: a node for its tool call, from its creation to its end.
 *
 * @param {number} step From 1.
 * @returns {import("agent-storage-engine").TaskGraphEvent[]}
 */
export function eventsOf(step) {
  const next = random(step);
  const nodeId = `node-${step}`;
  const toolCallId = `call-${step}`;
  const timestamp = isoTime(step);
  const name = toolOf(step);
  const node = {
    id: nodeId,
    type: "tool_call",
    title: `${name} ${text(next, 24)}`,
    status: "pending",
    dependsOn: step > 1 ? [`node-${step - 1}`] : [],
    toolCallId,
    createdAt: timestamp,
    updatedAt: timestamp,
    lastAccessedAt: timestamp,
  };
  /** @type {[import("agent-storage-engine").TaskGraphEvent["type"], Record<string, unknown>][]} */
  const happened = [
    ["node_created", { node }],
    ["node_started", { status: "running" }],
    ["tool_call_started", { toolCallId, name, arguments: { path: `src/${text(next, 12).trim()}.ts` } }],
    ["tool_call_finished", { toolCallId, success: next() > 0.1, durationMs: Math.round(next() * 900) }],
    ["node_completed", { status: "completed" }],
  ];
  return happened.map(([type, payload], index) => {
    const sequenceId = (step - 1) * EVENTS_PER_STEP + index + 1;
    const id = `00000000-0000-4000-8000-${String(sequenceId).padStart(12, "0")}`;
    return { id, sequenceId, eventVersion: 1, nodeId, type, timestamp, payload };
  });
}

/** What one step adds to the checkpoint. @param {number} step */
function toolCallOf(step) {
  const next = random(step + 1_000_000);
  return {
    callId: `call-${step}`,
    name: toolOf(step),
    arguments: { path: `src/${text(next, 12).trim()}.ts`, query: text(next, 80) },
    result: { output: text(next, 4300), lines: Math.round(next() * 400) },
    success: next() > 0.1,
    durationMs: next() * 900,
    timestamp: STARTED_AT + step * 1000,
  };
}

/**
 * The checkpoint after `step` steps; grows to about 1 MB.
 *
 * @param {number} step
 * @returns {import("agent-storage-engine").Checkpoint}
 */
export function checkpointAfter(step) {
  const steps = Array.from({ length: step }, (_, index) => index + 1);
  return {
    id: CHECKPOINT_ID,
    version: 1,
    createdAt: STARTED_AT + step * 1000,
    task: "Rename the module and keep every test green",
    agentType: "coder",
    agentId: "agent-1",
    status: step < STEPS ? "pending" : "completed",
    messages: steps.map((number) => ({
      role: number % 2 === 0 ? "assistant" : "user",
      content: text(random(number + 2_000_000), 400),
      timestamp: STARTED_AT + number * 1000,
    })),
    pendingToolCalls: [],
    completedToolCalls: steps.map(toolCallOf),
    currentStep: step,
    maxSteps: STEPS,
    metadata: { model: "demo" },
    childCheckpointIds: [],
  };
}
