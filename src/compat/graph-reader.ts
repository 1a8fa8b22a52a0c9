/**
 * Reads the states of a task graph, and what led to them.
 *
 * Constraint: a state is of one moment of the stream: where another thread has changed the run or pruned it since it was looked at, that is done anew. Only a state's
 * `events` are read later.
 */
import type { DropInStore } from "../drop-in-store.js";
import { native } from "../native-error.js";
import { decided } from "./decided.js";
import { graphState, type TaskGraphState } from "./graph-state.js";
import type { RunReader, RunView } from "./run-reader.js";
import { countEvents, findSequence, within } from "./runs.js";
import type { StateKeeper } from "./state-keeper.js";
import { entriesOf, type TimelineEntry, type TimelineQuery } from "./timeline.js";

/** See the module's description. */
export class GraphReader {
  readonly #store: DropInStore;
  readonly #stream: string;
  readonly #reader: RunReader;
  readonly #keeper: StateKeeper;

  constructor(store: DropInStore, stream: string, reader: RunReader, keeper: StateKeeper) {
    this.#store = store;
    this.#stream = stream;
    this.#reader = reader;
    this.#keeper = keeper;
  }

  /** The state after the last event; `null` where the stream was never used. */
  now(): TaskGraphState | null {
    return decided(() => {
      const view = this.#reader.view();
      return view.last === 0 ? null : this.#stateBefore(view, view.last + 1);
    });
  }

  /** The state after the last event with `sequenceId` or a smaller one; `null` outside of the events that are retained. */
  at(sequenceId: number): TaskGraphState | null {
    return decided(() => {
      const view = this.#reader.view();
      const kept = within(view.table, view.first, view.last + 1);
      if (kept[0] === undefined || sequenceId > this.#reader.lastId(view.table, view.last)) return null;
      const idAt = (sequence: number) => this.#reader.idAt(sequence);
      const until = findSequence(kept, sequenceId + 1, idAt) ?? view.last + 1;
      return until <= kept[0].from ? null : this.#stateBefore(view, until);
    });
  }

  /** A page of the retained events. */
  timeline({ after, limit, filter }: TimelineQuery): TimelineEntry[] {
    const view = this.#reader.view();
    const kept = within(view.table, view.first, view.last + 1);
    const from = findSequence(kept, after + 1, (sequence) => this.#reader.idAt(sequence));
    if (from === undefined || limit === 0) return [];
    const run = this.#reader.nativeRun(view, kept);
    return entriesOf(this.#store.native.graphTimeline(this.#stream, run, from, filter, limit));
  }

  /** The state after the run's last event before `until`. */
  #stateBefore(view: RunView, until: number): TaskGraphState | null {
    const run = this.#reader.nativeRun(view, view.table);
    const graph = this.#store.native.foldGraph(this.#stream, run, view.first, until);
    if (graph === null) return null;
    this.#keeper.read(graph.eventsRead, until);
    const retained = within(view.table, view.first, until);
    const readEvents = () => native(() => this.#reader.eventsOf(retained));
    return graphState(this.#stream, graph, countEvents(retained), readEvents);
  }
}
