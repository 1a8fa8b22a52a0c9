/**
 * Reads the states of a task graph, and what led to them.
 *
 * Constraint: a state is of one moment of the stream: where another thread has changed the run or pruned it since it was looked at, that is done anew. Only a state's
 * `events` are read later.
 */
import type { DropInStore } from "../../drop-in-store.js";
import { native as fromStore } from "../../native-error.js";
import { calledAfter, sequenceAfter } from "./checkpoint-moment.js";
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

  /** The state after the last event of a run, the current one unless another is named; `null` where there is none. */
  now(run?: number): TaskGraphState | null {
    return decided(() => {
      const view = this.#reader.viewOf(run);
      return view === undefined || view.last === 0 ? null : this.#stateBefore(view, view.end);
    });
  }

  /** The state after the last event with `sequenceId` or a smaller one; `null` outside of the events that are retained. */
  at(sequenceId: number, run?: number): TaskGraphState | null {
    return decided(() => {
      const view = this.#reader.viewOf(run);
      if (view === undefined) return null;
      const kept = within(view.segments, view.first, view.end);
      if (kept[0] === undefined || sequenceId > this.#reader.lastId(view.segments, view.end)) return null;
      const until = findSequence(kept, sequenceId + 1, this.#reader.nextPlace) ?? view.end;
      return until <= kept[0].from ? null : this.#stateBefore(view, until);
    });
  }

  /** The state when a version of a checkpoint was saved; `null` where there is no such version, or where no event up to then is retained. */
  atCheckpoint(id: string, version?: number): TaskGraphState | null {
    return decided(() => {
      const position = calledAfter(this.#store, id, version);
      const { table, first, end } = this.#reader.view();
      if (position === undefined) return null;
      const until = sequenceAfter(this.#store, this.#stream, position, [first, end]);
      if (until === first) return null;
      const view = this.#reader.viewOf(this.#reader.history.ownerOf(table, until - 1));
      return view === undefined ? null : this.#stateBefore(view, until);
    });
  }

  /** A page of the retained events. */
  timeline({ after, limit, filter, run }: TimelineQuery): TimelineEntry[] {
    const view = this.#reader.viewOf(run);
    if (view === undefined) return [];
    const kept = within(view.segments, view.first, view.end);
    const from = findSequence(kept, after + 1, this.#reader.nextPlace);
    if (from === undefined || limit === 0) return [];
    const native = this.#reader.nativeRun(view, kept);
    return entriesOf(this.#store.native.graphTimeline(this.#stream, native, from, filter, limit));
  }

  /** The state after the run's last event before `until`. */
  #stateBefore(view: RunView, until: number): TaskGraphState | null {
    const native = this.#reader.nativeRun(view, view.segments);
    const graph = this.#store.native.foldGraph(this.#stream, native, view.first, until);
    if (graph === null) return null;
    // States are kept of the current run alone: one that is looked back at is seldom looked at again.
    if (view.run === view.table.number) this.#keeper.read(graph.eventsRead, until);
    const retained = within(view.segments, view.first, until);
    return graphState(graph, {
      ...{ graphId: this.#stream, run: view.run, eventCount: countEvents(retained) },
      readEvents: () =>
        fromStore(() => (this.#reader.isOfStream(view) ? this.#reader.eventsOf(retained) : [])),
    });
  }
}
