/**
 * A task graph's state as the runtime restores it.
 *
 * Constraint: everything is fresh and the caller's to change.
 */
import type { NativeColumns, NativeGraph } from "../../binding.js";
import { decode } from "../../codec/index.js";
import { buildInto } from "../../columns/build.js";
import type { TaskGraphEdge, TaskGraphEvent, TaskGraphNode, TaskGraphSnapshot } from "../../types.js";

/** `sequenceId`s of a run that no event had, both ends included: those events were lost, or never stored. */
export interface SequenceGap {
  readonly from: number;
  readonly to: number;
}

/** A state that was folded from the log. `events`, the retained ones, are read when they are looked at first, which the log must be open for. */
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

/** The state that `graph` is. */
export function graphState(
  graph: NativeGraph,
  { graphId, run, eventCount, readEvents }: StateOrigin,
): TaskGraphState {
  const [evictedNodeCount, compactionCount, lastSequenceId, eventId, createdAt, gaps] = decode(
    graph.head,
  ) as Head;
  const nodes = valuesOf(graph.nodes) as TaskGraphNode[];
  const edges = valuesOf(graph.edges) as TaskGraphEdge[];
  const state: Omit<TaskGraphState, "events"> = {
    graphId,
    run,
    nodes,
    edges,
    ...(eventId === "" ? {} : { checkpoint: { eventId, createdAt } }),
    stats: {
      nodeCount: nodes.length,
      edgeCount: edges.length,
      eventCount,
      evictedNodeCount,
      compactionCount,
      lastSequenceId,
      gaps: gaps.map(([from, to]) => ({ from, to })),
    },
  };
  return withEvents(state, readEvents);
}

/** Where a state keeps what reads its events. Whoever copies a state, or looks at it through a proxy, does not see it. */
const READ_EVENTS = Symbol("reads the events");

/** A state whose events nobody has looked at. */
interface UnreadState extends TaskGraphState {
  readonly [READ_EVENTS]: () => TaskGraphEvent[];
}

/**
 * The property `events` until it is looked at. Most who look at a state do not look at its events, which take longer to make than all the rest.
 *
 * It is one and the same for all states: V8 keeps an accessor with the shapes of the objects that have it, so that one that knew its state would keep that alive until the next
 * collection of the whole heap.
 */
const UNREAD_EVENTS: PropertyDescriptor & ThisType<UnreadState> = {
  enumerable: true,
  configurable: true,
  get() {
    const events = this[READ_EVENTS]();
    setEvents(this, events);
    return events;
  },
  set(events: TaskGraphEvent[]) {
    setEvents(this, events);
  },
};

/** A state that was frozen reads them each time. */
function setEvents(state: TaskGraphState, value: TaskGraphEvent[]): void {
  Reflect.defineProperty(state, "events", { value, enumerable: true, configurable: true, writable: true });
}

function withEvents(
  state: Omit<TaskGraphState, "events">,
  readEvents: () => TaskGraphEvent[],
): TaskGraphState {
  Object.defineProperty(state, READ_EVENTS, { value: readEvents });
  return Object.defineProperty(state, "events", UNREAD_EVENTS) as TaskGraphState;
}

/** The values of batches, in order. */
export function valuesOf(batches: readonly NativeColumns[]): unknown[] {
  const values: unknown[] = [];
  for (const batch of batches) buildInto(values, batch, decode);
  return values;
}
