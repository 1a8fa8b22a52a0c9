/**
 * A task graph's state as the runtime restores it.
 *
 * Constraint: everything is fresh and the caller's to change.
 */
import type { NativeColumnWalk, NativeGraph } from "../../binding.js";
import { decode } from "../../codec/index.js";
import { buildInto } from "../../columns/build.js";
import { native } from "../../native-error.js";
import type { TaskGraphEvent, TaskGraphSnapshot } from "../../types.js";
import { defineUnmade, once, setMakers } from "./unmade-parts.js";

/** `sequenceId`s of a run that no event had, both ends included: those events were lost, or never stored. */
export interface SequenceGap {
  readonly from: number;
  readonly to: number;
}

/**
 * A state that was folded from the log. `nodes`, `edges` and `events` are made when they are looked at first; for `events`, the retained ones, the log must be open then.
 */
export interface TaskGraphState extends TaskGraphSnapshot {
  /** Which run it is of. What is appended goes on from the current one, whatever state a graph was restored from. */
  run: number;
  stats: TaskGraphSnapshot["stats"] & {
    /** The largest `sequenceId` up to here, of an event that was pruned too; 0 before the first one. */
    lastSequenceId: number;
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

/** What the log knows of a state beside what was folded. */
export interface StateOrigin {
  readonly graphId: string;
  readonly run: number;
  /** How many of its events are retained. */
  readonly eventCount: number;
  /** Reads them; asked when `events` is looked at first. */
  readonly readEvents: () => TaskGraphEvent[];
}

/**
 * The state that `graph` is.
 *
 * Most who look at a state do not look at all of it, and its objects take longer to make than the state takes to fold. Memory for what nobody has looked at is given back once the event loop
 * turns, so of many states at once the later ones are made here.
 */
export function graphState(
  graph: NativeGraph,
  { graphId, run, eventCount, readEvents }: StateOrigin,
): TaskGraphState {
  const { nodes, edges, nodeCount, edgeCount, isCrowded, head } = graph;
  const [evictedNodeCount, compactionCount, lastSequenceId, eventId, createdAt, gaps] = decode(head) as Head;
  const state = {};
  const makers = {
    nodes: once(() => valuesOf(nodes)),
    edges: once(() => valuesOf(edges)),
    events: readEvents,
  };
  setMakers(state, makers);
  Object.assign(state, { graphId, run });
  defineUnmade(state, "nodes");
  defineUnmade(state, "edges");
  if (eventId !== "") Object.assign(state, { checkpoint: { eventId, createdAt } });
  const stats: TaskGraphState["stats"] = {
    ...{ nodeCount, edgeCount, eventCount, evictedNodeCount, compactionCount, lastSequenceId },
    gaps: gaps.map(([from, to]) => ({ from, to })),
  };
  Object.assign(state, { stats });
  defineUnmade(state, "events");
  if (isCrowded) {
    makers.nodes();
    makers.edges();
  }
  return state as TaskGraphState;
}

/**
 * All values of a walk, in order.
 *
 * @throws {@link StorageError} `ERR_STORAGE_CORRUPT` where one is none
 */
export function valuesOf(walk: NativeColumnWalk): unknown[] {
  return native(() => {
    const values: unknown[] = [];
    try {
      for (let batch = walk.next(); batch; batch = walk.next()) buildInto(values, batch, decode);
    } finally {
      walk.end();
    }
    return values;
  });
}
