/** The fold of a task graph's events, written down from the table that the runtime's graph goes by, with lists and no index. */
import type { TaskGraphState } from "../../src/compat/task-graph/graph-state.js";
import type { TaskGraphEvent } from "../../src/types.js";

type Fields = Record<string, unknown>;

const STATUS_OF: Fields = {
  node_started: "running",
  node_blocked: "blocked",
  node_completed: "completed",
  node_failed: "failed",
};
const UPDATABLE = ["title", "dependsOn", "toolCallId", "artifactId"];

/**
 * What all `events` of a run add up to.
 *
 * @param retained - the last of them, which were not pruned
 * @param run - which run it is
 */
export function plainState(
  graphId: string,
  events: readonly TaskGraphEvent[],
  retained: readonly TaskGraphEvent[],
  run: number,
): TaskGraphState {
  const graph = new PlainGraph();
  for (const event of events) graph.apply(event);
  const { nodes, edges, evicted: evictedNodeCount, compactions: compactionCount } = graph;
  const last = events.at(-1);
  return {
    graphId,
    run,
    nodes: nodes as never,
    edges: edges as never,
    ...(last === undefined ? {} : { checkpoint: { eventId: last.id, createdAt: last.timestamp } }),
    stats: {
      nodeCount: nodes.length,
      edgeCount: edges.length,
      eventCount: retained.length,
      evictedNodeCount,
      compactionCount,
      lastSequenceId: last?.sequenceId ?? 0,
      gaps: gapsOf(events),
    },
    events: [...retained],
  };
}

function gapsOf(events: readonly TaskGraphEvent[]): { from: number; to: number }[] {
  const starts = [0, ...events.map(({ sequenceId }) => sequenceId)];
  const steps = events.map(({ sequenceId }, index) => ({
    from: (starts[index] as number) + 1,
    to: sequenceId - 1,
  }));
  return steps.filter(({ from, to }) => from <= to);
}

class PlainGraph {
  nodes: Fields[] = [];
  edges: Fields[] = [];
  evicted = 0;
  compactions = 0;

  apply({ type, nodeId, timestamp, payload }: TaskGraphEvent): void {
    const content: Fields = fieldsOf(payload) ?? {};
    const node = this.nodes.find(({ id }) => id === nodeId);
    if (type === "node_created") this.#create(fieldsOf(content["node"]));
    else if (type === "node_evicted") this.#evict(fieldsOf(content["node"])?.["id"]);
    else if (type === "compaction") this.compactions += typeof content["removedCount"] === "number" ? 1 : 0;
    else if (type === "node_updated") this.#update(content, node, timestamp);
    else if (node !== undefined && type in STATUS_OF && content["status"] === STATUS_OF[type]) {
      Object.assign(node, { status: content["status"], updatedAt: timestamp, lastAccessedAt: timestamp });
    }
  }

  #create(created: Fields | undefined): void {
    if (typeof created?.["id"] !== "string") return;
    const place = this.nodes.findIndex(({ id }) => id === created["id"]);
    this.nodes.splice(place < 0 ? this.nodes.length : place, 1, { ...created });
  }

  #update(content: Fields, node: Fields | undefined, timestamp: string): void {
    const edge = content["updateType"] === "edge_added" ? content["edge"] : undefined;
    const update = fieldsOf(content["update"]);
    if (edge !== undefined) this.#addEdge(fieldsOf(edge), timestamp);
    else if (update !== undefined && node !== undefined) {
      for (const name of UPDATABLE) if (name in update) node[name] = undefined;
      for (const [name, value] of Object.entries(update)) if (UPDATABLE.includes(name)) node[name] = value;
      Object.assign(node, { updatedAt: timestamp, lastAccessedAt: timestamp });
    }
  }

  #addEdge(edge: Fields | undefined, timestamp: string): void {
    const { from, to, type } = edge ?? {};
    const isEdge = typeof from === "string" && typeof to === "string";
    if (!isEdge || (type !== "depends_on" && type !== "blocks")) return;
    this.edges.push({ ...edge });
    for (const node of this.nodes) {
      if (node["id"] === from || node["id"] === to) node["lastAccessedAt"] = timestamp;
    }
  }

  #evict(id: unknown): void {
    if (typeof id !== "string") return;
    this.evicted += 1;
    this.nodes = this.nodes.filter((node) => node["id"] !== id);
    this.edges = this.edges.filter(({ from, to }) => from !== id && to !== id);
  }
}

/** The fields of a plain object; bytes and lists have none. */
function fieldsOf(value: unknown): Fields | undefined {
  const isPlain =
    typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
  return isPlain ? (value as Fields) : undefined;
}
