/**
 * A task graph's state as the runtime restores it.
 *
 * Constraint: everything is fresh and the caller's to change.
 */
import type { NativeColumnWalk, NativeGraph } from "../../binding.js";
import { decode } from "../../codec/index.js";
import { buildInto } from "../../columns/build.js";
import type { TaskGraphEdge, TaskGraphEvent, TaskGraphNode, TaskGraphSnapshot } from "../../types.js";

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

/** What of a state is made when it is looked at first. Most who look at a state do not look at all of it, and its objects take longer to make than the state takes to fold. */
interface Parts {
  nodes: TaskGraphNode[];
  edges: TaskGraphEdge[];
  events: TaskGraphEvent[];
}

/** The state that `graph` is. */
export function graphState(
  graph: NativeGraph,
  { graphId, run, eventCount, readEvents }: StateOrigin,
): TaskGraphState {
  const { nodes, edges, nodeCount, edgeCount, head } = graph;
  const [evictedNodeCount, compactionCount, lastSequenceId, eventId, createdAt, gaps] = decode(head) as Head;
  const state = {};
  Object.defineProperty(state, MAKE, {
    value: {
      nodes: once(() => valuesOf(nodes) as TaskGraphNode[]),
      edges: once(() => valuesOf(edges) as TaskGraphEdge[]),
      events: readEvents,
    } satisfies Makers,
  });
  Object.assign(state, { graphId, run });
  Object.defineProperties(state, { nodes: UNMADE.nodes, edges: UNMADE.edges });
  if (eventId !== "") Object.assign(state, { checkpoint: { eventId, createdAt } });
  const stats: TaskGraphState["stats"] = {
    ...{ nodeCount, edgeCount, eventCount, evictedNodeCount, compactionCount, lastSequenceId },
    gaps: gaps.map(([from, to]) => ({ from, to })),
  };
  Object.assign(state, { stats });
  return Object.defineProperty(state, "events", UNMADE.events) as TaskGraphState;
}

/** Where a state keeps what makes its parts. Whoever copies a state, or looks at it through a proxy, does not see it. */
const MAKE = Symbol("makes the parts");

type Makers = { readonly [Name in keyof Parts]: () => Parts[Name] };

/** A state of which nobody has looked at everything. */
interface UnmadeState {
  readonly [MAKE]: Makers;
}

/**
 * A part until it is looked at.
 *
 * It is one and the same for all states: V8 keeps an accessor with the shapes of the objects that have it, so that one that knew its state would keep that alive until the next
 * collection of the whole heap.
 */
function unmade<Name extends keyof Parts>(name: Name): PropertyDescriptor & ThisType<UnmadeState> {
  return {
    enumerable: true,
    configurable: true,
    get() {
      const part = this[MAKE][name]();
      setPart(this, name, part);
      return part;
    },
    set(part: Parts[Name]) {
      setPart(this, name, part);
    },
  };
}

const UNMADE = { nodes: unmade("nodes"), edges: unmade("edges"), events: unmade("events") };

/** A state that was frozen asks each time. */
function setPart(state: object, name: keyof Parts, value: unknown): void {
  Reflect.defineProperty(state, name, { value, enumerable: true, configurable: true, writable: true });
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

/** All values of a walk, in order. */
export function valuesOf(walk: NativeColumnWalk): unknown[] {
  const values: unknown[] = [];
  for (let batch = walk.next(); batch; batch = walk.next()) buildInto(values, batch, decode);
  walk.end();
  return values;
}
