/**
 * What differs between two moments.
 *
 * The bugs it would catch: a node that changed told as new, an edge that is there twice told as one, a difference that is none, one that is told the
 * wrong way round.
 */
import { expect, it } from "vitest";
import { NativeTaskGraphEventLog } from "../src/compat/task-graph/native-task-graph-event-log.js";
import type { TaskGraphEvent, TaskGraphEventType } from "../src/types.js";
import { newDirectory } from "./support/directories.js";

function logOf(...events: [TaskGraphEventType, string, Record<string, unknown>][]): NativeTaskGraphEventLog {
  const log = new NativeTaskGraphEventLog({ rootDir: newDirectory() });
  for (const [index, [type, nodeId, payload]] of events.entries()) {
    const timestamp = `2026-01-01T00:00:0${index}.000Z`;
    const event: TaskGraphEvent = {
      id: `e${index}`,
      sequenceId: index + 1,
      eventVersion: 1,
      nodeId,
      type,
      timestamp,
      payload,
    };
    log.append(event);
  }
  return log;
}

const node = (id: string, more: Record<string, unknown> = {}) => ({ node: { id, tags: ["x"], ...more } });
const edge = { from: "a", to: "b", type: "blocks" };
const edgeAdded = { updateType: "edge_added", edge };

it("tells nodes and edges that came, went and changed", () => {
  const log = logOf(
    ["node_created", "a", node("a")],
    ["node_created", "b", node("b")],
    ["node_updated", "a", edgeAdded],
    ["node_created", "c", node("c")],
    ["node_updated", "a", edgeAdded],
    ["tool_call_started", "a", {}],
    ["node_started", "c", { status: "running" }],
    ["node_evicted", "b", node("b")],
  );
  const none = { nodes: { added: [], removed: [], changed: [] }, edges: { added: [], removed: [] } };
  expect(log.diff(3, 3)).toStrictEqual(none);
  expect(log.diff(5, 6)).toStrictEqual(none);
  const time = "2026-01-01T00:00:04.000Z";
  const added = log.diff(3, 5);
  expect(added?.nodes.added).toStrictEqual([node("c").node]);
  expect(added?.edges).toStrictEqual({ added: [edge], removed: [] });
  expect(added?.nodes.changed.map(({ before, after }) => [before.id, after.lastAccessedAt])).toStrictEqual([
    ["a", time],
    ["b", time],
  ]);
  const removed = log.diff(7, 8);
  expect(removed?.nodes.removed.map(({ id }) => id)).toStrictEqual(["b"]);
  expect(removed?.edges).toStrictEqual({ added: [], removed: [edge, edge] });
  const back = log.diff(8, 7);
  expect(back?.nodes.added).toStrictEqual(removed?.nodes.removed);
  expect(back?.edges).toStrictEqual({ added: [edge, edge], removed: [] });
});

it("is null where one of the moments is not retained", () => {
  const log = logOf(
    ["node_created", "a", node("a")],
    ["node_created", "b", node("b")],
    ["node_created", "c", node("c")],
  );
  log.prune(2);
  expect(log.diff(1, 3)).toBeNull();
  expect(log.diff(2, 4)).toBeNull();
  expect(log.diff(2, 3)?.nodes.added).toStrictEqual([node("c").node]);
});
