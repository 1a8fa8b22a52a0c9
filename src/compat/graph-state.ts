/**
 * A task graph's state as the runtime restores it.
 *
 * Constraint: everything is fresh and the caller's to change.
 */
import type { NativeColumns, NativeGraph } from "../binding.js";
import { decode } from "../codec/index.js";
import { buildInto } from "../columns/build.js";
import type { TaskGraphEdge, TaskGraphEvent, TaskGraphNode, TaskGraphSnapshot } from "../types.js";

/** `sequenceId`s of a run that no event had, both ends included: those events were lost, or never stored. */
export interface SequenceGap {
  readonly from: number;
  readonly to: number;
}

/** A state that was folded from the log. */
export interface TaskGraphState extends TaskGraphSnapshot {
  stats: TaskGraphSnapshot["stats"] & {
    /** What is missing of the run up to here, in order. The state is that of the events that are there. */
    gaps: SequenceGap[];
  };
}

/** What the addon tells beside nodes and edges. */
type Head = [
  evictedNodeCount: number,
  compactionCount: number,
  lastId: number,
  eventId: string,
  timestamp: string,
  gaps: [from: number, to: number][],
];

/**
 * The state that `graph` is.
 *
 * @param eventCount - how many of its events are retained
 * @param readEvents - reads them; asked when `events` is looked at first
 */
export function graphState(
  graphId: string,
  graph: NativeGraph,
  eventCount: number,
  readEvents: () => TaskGraphEvent[],
): TaskGraphState {
  const [evictedNodeCount, compactionCount, , eventId, createdAt, gaps] = decode(graph.head) as Head;
  const nodes = valuesOf(graph.nodes) as TaskGraphNode[];
  const edges = valuesOf(graph.edges) as TaskGraphEdge[];
  const state: Omit<TaskGraphState, "events"> = {
    graphId,
    nodes,
    edges,
    ...(eventId === "" ? {} : { checkpoint: { eventId, createdAt } }),
    stats: {
      nodeCount: nodes.length,
      edgeCount: edges.length,
      eventCount,
      evictedNodeCount,
      compactionCount,
      gaps: gaps.map(([from, to]) => ({ from, to })),
    },
  };
  return withEvents(state, readEvents);
}

/** Most who look at a state do not look at its events, which take longer to make than all the rest. */
function withEvents(
  state: Omit<TaskGraphState, "events">,
  readEvents: () => TaskGraphEvent[],
): TaskGraphState {
  const set = (value: TaskGraphEvent[]): TaskGraphEvent[] => {
    Object.defineProperty(state, "events", { value, enumerable: true, configurable: true, writable: true });
    return value;
  };
  Object.defineProperty(state, "events", {
    enumerable: true,
    configurable: true,
    get: () => set(readEvents()),
    set,
  });
  return state as TaskGraphState;
}

/** The values of batches, in order. */
export function valuesOf(batches: readonly NativeColumns[]): unknown[] {
  const values: unknown[] = [];
  for (const batch of batches) buildInto(values, batch, decode);
  return values;
}
