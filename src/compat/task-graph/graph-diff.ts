/**
 * What differs between two states of a task graph.
 *
 * Constraint: nodes are told apart by their id; edges have none, so equal ones are counted.
 */
import { isDeepStrictEqual } from "node:util";
import { encode } from "../../codec/index.js";
import type { TaskGraphEdge, TaskGraphNode, TaskGraphSnapshot } from "../../types.js";

/** What has to happen to the first state so that it becomes the second. */
export interface TaskGraphDiff {
  nodes: {
    /** In the order of their creation. */
    added: TaskGraphNode[];
    removed: TaskGraphNode[];
    /** In both, with another field. */
    changed: { before: TaskGraphNode; after: TaskGraphNode }[];
  };
  edges: {
    /** In the order of their insertion. */
    added: TaskGraphEdge[];
    removed: TaskGraphEdge[];
  };
}

/** What differs between two states. */
export function diffStates(before: TaskGraphSnapshot, after: TaskGraphSnapshot): TaskGraphDiff {
  const old = new Map(before.nodes.map((node) => [node.id, node]));
  const kept = new Set(after.nodes.map(({ id }) => id));
  const nodes: TaskGraphDiff["nodes"] = { added: [], removed: [], changed: [] };
  for (const node of after.nodes) {
    const known = old.get(node.id);
    if (known === undefined) nodes.added.push(node);
    else if (!isDeepStrictEqual(known, node)) nodes.changed.push({ before: known, after: node });
  }
  nodes.removed = before.nodes.filter(({ id }) => !kept.has(id));
  return {
    nodes,
    edges: { added: without(after.edges, before.edges), removed: without(before.edges, after.edges) },
  };
}

/** The edges that are not among `others`, each of which stands for one. */
function without(edges: readonly TaskGraphEdge[], others: readonly TaskGraphEdge[]): TaskGraphEdge[] {
  const left = new Map<string, number>();
  for (const edge of others) left.set(keyOf(edge), (left.get(keyOf(edge)) ?? 0) + 1);
  return edges.filter((edge) => {
    const count = left.get(keyOf(edge)) ?? 0;
    left.set(keyOf(edge), count - 1);
    return count <= 0;
  });
}

function keyOf(edge: TaskGraphEdge): string {
  return encode(edge).toString("latin1");
}
