/**
 * The drop-in for the task graph's event log, on the engine.
 *
 * Constraints:
 * - every method but `flush` and `close` is synchronous; `append` waits for no sync, flush, save or compaction;
 * - `append` fails only where storing is impossible: whatever `sequenceId` comes is a continuation, a gap, a fork or a
 *   new run, never an error, and an earlier event that cannot be read does not keep a later one from being stored;
 * - other handles, threads and, between two uses, processes may append to the same stream: an append holds only for the
 *   last event it was decided by, and is decided anew where another one came first;
 * - where there is no store, `replay` and `prune` find nothing and make none.
 *
 * Which events are the current run's is told by a table (`runs.ts`), an internal record that changes in one batch with
 * the event that steps back. Everything else is one native append.
 */

import type { NativeOp } from "../binding.js";
import { asyncDispose } from "../disposal.js";
import { checkDropInOptions, type DropInOptions, type DropInStore, openDropIn } from "../drop-in-store.js";
import { StorageError } from "../errors.js";
import { fromNative, native, nativeLater } from "../native-error.js";
import { encodeEvent } from "../stored/event.js";
import type { TaskGraphEvent, TaskGraphEventLog } from "../types.js";
import { checkName, describe, invalid } from "../validate.js";
import { graphDiff, type TaskGraphDiff } from "./graph-diff.js";
import { graphState, type TaskGraphState } from "./graph-state.js";
import { RunReader, type RunView } from "./run-reader.js";
import { encodeRunTable, runTableKey } from "./run-table.js";
import {
  behindState,
  countEvents,
  findSequence,
  pairsOf,
  prunedWhole,
  type RunTable,
  type Segment,
  steppedBack,
  within,
} from "./runs.js";
import { StateKeeper } from "./state-keeper.js";
import { checkTimelineOptions, entriesOf, type TimelineEntry, type TimelineOptions } from "./timeline.js";

const DEFAULT_STREAM = "task-graph";

/** How often a change is decided anew. Each time some other writer has got on. */
const MAX_ATTEMPTS = 1000;

/** Where the log lies, and how its store is used. */
export interface NativeTaskGraphEventLogOptions extends DropInOptions {
  /** The engine's stream that holds the events. Default `task-graph`. */
  readonly stream?: string | undefined;
}

/** The end of the stream, as it was when last seen. */
interface Tail {
  /** The engine's last sequence. */
  readonly lastSequence: number;
  /** What a following event's `sequenceId` exceeds. */
  readonly lastId: number;
}

/** Keeps a task graph's events: one run after the other, of which the current one is replayed and pruned. */
export class NativeTaskGraphEventLog implements TaskGraphEventLog, AsyncDisposable {
  readonly #store: DropInStore;
  readonly #stream: string;
  readonly #tableKey: Buffer;
  readonly #reader: RunReader;
  readonly #keeper: StateKeeper;
  #tail: Tail | undefined;

  /**
   * Does no I/O: the directory appears with the first `append`.
   *
   * @throws {@link StorageError} `ERR_STORAGE_UNAVAILABLE` where no native binary loads, `ERR_STORAGE_INVALID_ARGUMENT`
   */
  constructor(options: NativeTaskGraphEventLogOptions) {
    const { stream = DEFAULT_STREAM, ...dropInOptions } = checkDropInOptions(options);
    this.#stream = checkName("stream", stream);
    this.#store = openDropIn(dropInOptions);
    this.#tableKey = runTableKey(stream);
    this.#reader = new RunReader(this.#store, stream, this.#tableKey);
    this.#keeper = new StateKeeper(this.#store, stream, this.#reader);
  }

  /**
   * Stores an event; it survives the end of the process when the call returns, and a power cut within `syncIntervalMs`.
   *
   * @returns the event's `sequenceId`
   * @throws {@link StorageError} `ERR_STORAGE_INVALID_ARGUMENT`, `ERR_STORAGE_UNSERIALIZABLE` with `property`,
   *   `ERR_STORAGE_TOO_LARGE`, and what opening and writing can meet
   */
  append(event: TaskGraphEvent): number {
    let data = encodeEvent(event, this.#store.maxRecordBytes);
    const id = event.sequenceId;
    return this.#decide(() => {
      const tail = this.#tail ?? this.#reader.tail();
      if (id > tail.lastId) {
        this.#store.native.appendEvent(data, this.#stream, tail.lastSequence);
      } else {
        // Encoding the table takes the buffer in which the event lies.
        data = Buffer.from(data);
        this.#stepBack(tail, id, data);
      }
      this.#tail = { lastSequence: tail.lastSequence + 1, lastId: id };
      this.#keeper.appended(data.length);
      return id;
    });
  }

  /**
   * The current run's events with `sequenceId >= fromSequenceId`, in order, at most `limit`; fresh and the caller's to
   * change.
   *
   * @throws {@link StorageError} `ERR_STORAGE_INVALID_ARGUMENT`, `ERR_STORAGE_CORRUPT`, `ERR_STORAGE_UNSUPPORTED_FORMAT`
   *   where `StorageEngine` appended raw bytes to the stream, and what opening can meet
   */
  replay(fromSequenceId: number, limit: number = Number.POSITIVE_INFINITY): TaskGraphEvent[] {
    checkNumber("fromSequenceId", fromSequenceId);
    checkNumber("limit", limit);
    return native(() => this.#reader.replay(Math.ceil(fromSequenceId), Math.floor(limit)));
  }

  /**
   * The graph's state after the last event, folded from all events of the current run: those that were pruned too, as long as
   * they were appended through this class. Where events are missing, `stats.gaps` tells which.
   *
   * @returns a snapshot to restore a graph from, whose `events` are read when they are looked at first; `null` where the log
   *   was never used
   * @throws {@link StorageError} as {@link NativeTaskGraphEventLog.replay}
   */
  rehydrate(): TaskGraphState | null {
    return native(() => {
      const view = this.#reader.view();
      return view.last === 0 ? null : this.#stateBefore(view, view.last + 1);
    });
  }

  /**
   * The graph's state as it was after the event `sequenceId` of the current run; where that is missing, after the one before it.
   *
   * @returns `null` outside of the events that are retained
   * @throws {@link StorageError} `ERR_STORAGE_INVALID_ARGUMENT`, and as {@link NativeTaskGraphEventLog.replay}
   */
  stateAt(sequenceId: number): TaskGraphState | null {
    if (!Number.isSafeInteger(sequenceId) || sequenceId < 1) {
      throw invalid(`sequenceId must be an integer from 1 on, not ${describe(sequenceId)}`);
    }
    return native(() => {
      const view = this.#reader.view();
      const kept = within(view.table, view.first, view.last + 1);
      const idAt = (sequence: number) => this.#reader.idAt(sequence);
      if (kept[0] === undefined || sequenceId > this.#reader.lastId(view.table, view.last)) return null;
      const until = findSequence(kept, sequenceId + 1, idAt) ?? view.last + 1;
      return until <= kept[0].from ? null : this.#stateBefore(view, until);
    });
  }

  /**
   * What was added, removed and changed between the moments after two events of the current run, in whichever order.
   *
   * @returns `null` where one of them is outside of the events that are retained
   * @throws {@link StorageError} as {@link NativeTaskGraphEventLog.stateAt}
   */
  diff(from: number, to: number): TaskGraphDiff | null {
    const [before, after] = [this.stateAt(from), this.stateAt(to)];
    return before === null || after === null ? null : graphDiff(before, after);
  }

  /**
   * A page of what happened when, of the retained events of the current run, in order. Payloads are not read.
   *
   * @throws {@link StorageError} `ERR_STORAGE_INVALID_ARGUMENT`, and as {@link NativeTaskGraphEventLog.replay}
   */
  timeline(options?: TimelineOptions): TimelineEntry[] {
    const { after, limit, filter } = checkTimelineOptions(options);
    return native(() => {
      const { table, first, last } = this.#reader.view();
      const kept = within(table, first, last + 1);
      const from = findSequence(kept, after + 1, (sequence) => this.#reader.idAt(sequence));
      if (from === undefined || limit === 0) return [];
      const run = pairsOf(kept, last + 1);
      return entriesOf(this.#store.native.graphTimeline(this.#stream, run, from, filter, limit));
    });
  }

  /**
   * Removes the current run's events with `sequenceId < beforeSequenceId`, and with them all that came before them:
   * earlier runs and what forks have superseded.
   *
   * @returns how many events of the current run were removed
   * @throws {@link StorageError} `ERR_STORAGE_INVALID_ARGUMENT`, `ERR_STORAGE_CORRUPT`, and what opening and writing can meet
   */
  prune(beforeSequenceId: number): number {
    checkNumber("beforeSequenceId", beforeSequenceId);
    return this.#decide(() => this.#prune(Math.ceil(beforeSequenceId)));
  }

  /**
   * Resolves when every event appended before is durable.
   *
   * @throws {@link StorageError}
   */
  async flush(): Promise<void> {
    await nativeLater(() => this.#store.native.flush());
  }

  /**
   * Makes everything durable and gives everything back. Later calls are `ERR_STORAGE_CLOSED`; closing again is no
   * error. Need not be called: an idle log gives everything back by itself.
   *
   * @throws {@link StorageError}
   */
  async close(): Promise<void> {
    await nativeLater(() => this.#store.native.close());
  }

  /** `close`, for `await using`. */
  [asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Makes a change that rests on what was read, and makes it anew where another writer has come between. */
  #decide(change: () => number): number {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return change();
      } catch (thrown) {
        this.#tail = undefined;
        const error = fromNative(thrown);
        if (!isConflict(error) || attempt === MAX_ATTEMPTS) throw error;
      }
    }
  }

  /** Appends an event that supersedes others: those with its `sequenceId` or a larger one. */
  #stepBack(tail: Tail, id: number, data: Buffer): void {
    const { table, first, last } = this.#reader.view();
    const kept = within(table, first, last + 1);
    const cut = findSequence(kept, id, (sequence) => this.#reader.readableIdAt(sequence)) ?? last + 1;
    const next = steppedBack(this.#ancestors(table, kept, cut, id), cut, id, last + 1);
    this.#store.native.commitSync([
      { kind: "append", stream: this.#stream, events: [data], after: tail.lastSequence },
      this.#setTable(next),
    ]);
  }

  /**
   * What an event with `id` follows that supersedes those from `cut` on. Where it steps back behind the oldest retained event, nothing is known
   * of what came before it.
   */
  #ancestors(table: RunTable, kept: readonly Segment[], cut: number, id: number): readonly Segment[] {
    const oldest = kept[0]?.from;
    if (oldest === undefined) return [];
    return cut > oldest || this.#reader.readableIdAt(oldest) === id ? table : [];
  }

  /** The state after the run's last event before `until`. */
  #stateBefore(view: RunView, until: number): TaskGraphState | null {
    const graph = this.#store.native.foldGraph(this.#stream, pairsOf(view.table, until));
    if (graph === null) return null;
    this.#keeper.read(graph.eventsRead, until);
    const retained = within(view.table, view.first, until);
    const readEvents = () => native(() => this.#reader.eventsOf(retained));
    return graphState(this.#stream, graph, countEvents(retained), readEvents);
  }

  #prune(before: number): number {
    const { table, first, last } = this.#reader.view();
    const kept = within(table, first, last + 1);
    const found = findSequence(kept, before, (sequence) => this.#reader.idAt(sequence));
    const target = found ?? last + 1;
    if (kept[0] === undefined || target <= kept[0].from) return 0;
    const state = this.#store.native.keptGraph(this.#stream, pairsOf(table, target));
    const ended = found === undefined ? prunedWhole(table, this.#reader.lastId(table, last), last) : table;
    const left = behindState(ended, state);
    const hold: NativeOp = { kind: "hold", stream: this.#stream, from: 1 };
    const prune: NativeOp = { kind: "prune", stream: this.#stream, before: target };
    const isSame = ended === table && left.length === table.length;
    const expect: NativeOp = { kind: "expect", stream: this.#stream, last };
    const { pruned } = this.#store.native.commitSync(
      isSame ? [hold, prune] : [expect, hold, prune, this.#setTable(left)],
    );
    this.#keeper.keepBefore(target);
    return countEvents(within(table, target - (pruned[0] ?? 0), target));
  }

  #setTable(table: RunTable): NativeOp {
    return { kind: "setInternal", key: this.#tableKey, value: encodeRunTable(table) };
  }
}

function isConflict(error: unknown): boolean {
  return error instanceof StorageError && error.code === "ERR_STORAGE_CONFLICT";
}

function checkNumber(what: string, value: unknown): void {
  if (typeof value !== "number" || Number.isNaN(value)) {
    throw invalid(`${what} must be a number, not ${describe(value)}`);
  }
}
