/** Random events of a task graph: mostly such as the runtime records, and some that a caller of its own may have. */
import type { TaskGraphEvent, TaskGraphEventType } from "../../src/types.js";
import type { SeededRandom } from "./seeded-random.js";

const IDS = ["a", "b", "c", "ü", ""];
const TYPES: readonly TaskGraphEventType[] = [
  ...Array.from({ length: 6 }, () => "node_created" as const),
  ...Array.from({ length: 6 }, () => "node_updated" as const),
  "node_started",
  "node_blocked",
  "node_completed",
  "node_failed",
  "node_evicted",
  "compaction",
  "tool_call_started",
  "my_own" as TaskGraphEventType,
];
const STATUSES = ["running", "blocked", "completed", "failed", "pending"];

/** An event that a log takes. */
export function randomGraphEvent(random: SeededRandom, sequenceId: number): TaskGraphEvent {
  return {
    id: `event-${sequenceId}-${random.below(1e9)}`,
    sequenceId,
    eventVersion: 1,
    nodeId: random.pick(IDS),
    type: random.pick(TYPES),
    timestamp: new Date(random.below(2 ** 40)).toISOString(),
    ...(random.below(5) === 0 ? { source: "test", idempotencyKey: `key-${random.below(3)}` } : {}),
    payload: payload(random),
  };
}

function payload(random: SeededRandom): Record<string, unknown> {
  const kind = random.below(12);
  if (kind < 4) return { node: random.below(20) === 0 ? odd(random) : node(random) };
  if (kind < 6) return { status: random.pick(STATUSES) };
  if (kind < 8) return { update: random.below(20) === 0 ? odd(random) : update(random) };
  if (kind < 10)
    return { updateType: "edge_added", edge: random.below(20) === 0 ? odd(random) : edge(random) };
  if (kind < 11) return { removedCount: random.pick([0, 3, "3", null]) };
  return { mine: odd(random), edge: edge(random), update: update(random) };
}

function node(random: SeededRandom): Record<string, unknown> {
  const fields = ["title", "status", "dependsOn", "toolCallId", "createdAt", "updatedAt", "mine"];
  const chosen = fields.filter(() => random.below(2) === 0).map((name) => [name, odd(random)]);
  const id = ["id", random.pick(IDS)];
  return Object.fromEntries(random.below(2) === 0 ? [id, ...chosen] : [...chosen, id]);
}

function edge(random: SeededRandom): Record<string, unknown> {
  const type = random.pick(["depends_on", "blocks", "blocks", "mine"]);
  return { from: random.pick(IDS), mine: odd(random), to: random.pick(IDS), type };
}

function update(random: SeededRandom): Record<string, unknown> {
  const fields = ["title", "dependsOn", "toolCallId", "artifactId", "status", "id", "mine"];
  return Object.fromEntries(fields.filter(() => random.below(3) === 0).map((name) => [name, odd(random)]));
}

function odd(random: SeededRandom): unknown {
  return random.pick<unknown>([
    null,
    true,
    7,
    -1.5,
    2 ** 40,
    "text",
    "x".repeat(300),
    [],
    ["a", 1, null],
    {},
    { id: "a", from: "b", to: "c", type: "blocks" },
    Buffer.from([1, 2, 3]),
  ]);
}
