/**
 * The drop-in for the task graph's event log, on the engine.
 *
 * Constraints:
 * - every method but `flush` and `close` is synchronous; `append` waits for no sync, flush, save or compaction;
 * - where there is no store, reading and pruning find nothing and make none.
 *
 * Which events are the current run's is told by a table (`runs.ts`), an internal record that changes in one batch with
 * the event that steps back. Everything else is one native append.
 */

import { asyncDispose } from "../../disposal.js";
import { checkDropInOptions, type DropInOptions, type DropInStore, openDropIn } from "../../drop-in-store.js";
import { native, nativeLater } from "../../native-error.js";
import type { TaskGraphEvent, TaskGraphEventLog } from "../../types.js";
import { checkId, checkName, checkOptionalInteger, checkOptions, describe, invalid } from "../../validate.js";
import { diffStates, type TaskGraphDiff } from "./graph-diff.js";
import { GraphReader } from "./graph-reader.js";
import type { TaskGraphState } from "./graph-state.js";
import { listRuns, type TaskGraphRun } from "./run-list.js";
import { RunReader } from "./run-reader.js";
import { RunWriter } from "./run-writer.js";
import { StateKeeper } from "./state-keeper.js";
import { checkTimelineOptions, type TimelineEntry, type TimelineOptions } from "./timeline.js";

const DEFAULT_STREAM = "task-graph";

/** Where the log lies, and how its store is used. */
export interface NativeTaskGraphEventLogOptions extends DropInOptions {
  /** The engine's stream that holds the events. Default `task-graph`. */
  readonly stream?: string | undefined;
}

/** Which run to read. */
export interface RunOptions {
  /** Its number, as `runs` tells it; default the current one. One that is not there, or was pruned, has no events. */
  readonly run?: number | undefined;
}

/** Keeps a task graph's events: one run after the other, of which the current one is pruned, and is read where no other is named. */
export class NativeTaskGraphEventLog implements TaskGraphEventLog, AsyncDisposable {
  readonly #store: DropInStore;
  readonly #reader: RunReader;
  readonly #writer: RunWriter;
  readonly #graph: GraphReader;

  /**
   * Does no I/O: the directory appears with the first `append`.
   *
   * @throws {@link StorageError} `ERR_STORAGE_UNAVAILABLE` where no native binary loads, `ERR_STORAGE_INVALID_ARGUMENT`
   */
  constructor(options: NativeTaskGraphEventLogOptions) {
    const { stream = DEFAULT_STREAM, ...dropInOptions } = checkDropInOptions(options);
    checkName("stream", stream);
    this.#store = openDropIn(dropInOptions);
    this.#reader = new RunReader(this.#store, stream);
    const keeper = new StateKeeper(this.#store, stream, this.#reader);
    this.#writer = new RunWriter(this.#store, stream, this.#reader, keeper);
    this.#graph = new GraphReader(this.#store, stream, this.#reader, keeper);
  }

  /**
   * Stores an event, behind the last one of the current run, or instead of those with its `sequenceId` and larger ones; it survives the end of the process when the call returns, and a power cut within `syncIntervalMs`.
   *
   * @returns the event's `sequenceId`
   * @throws {@link StorageError} `ERR_STORAGE_INVALID_ARGUMENT`, `ERR_STORAGE_UNSERIALIZABLE` with `property`,
   *   `ERR_STORAGE_TOO_LARGE`, and what opening and writing can meet
   */
  append(event: TaskGraphEvent): number {
    return this.#writer.append(event);
  }

  /**
   * A run's events with `sequenceId >= fromSequenceId`, in order, at most `limit`; fresh and the caller's to
   * change.
   *
   * @throws {@link StorageError} `ERR_STORAGE_INVALID_ARGUMENT`, `ERR_STORAGE_CORRUPT`, `ERR_STORAGE_UNSUPPORTED_FORMAT`
   *   where `StorageEngine` appended raw bytes to the stream, and what opening can meet
   */
  replay(
    fromSequenceId: number,
    limit: number = Number.POSITIVE_INFINITY,
    options?: RunOptions,
  ): TaskGraphEvent[] {
    checkNumber("fromSequenceId", fromSequenceId);
    checkNumber("limit", limit);
    const run = runOf(options);
    return native(() => this.#reader.replay(Math.ceil(fromSequenceId), Math.floor(limit), run));
  }

  /**
   * The graph's state after the last event of a run, folded from all events of it: those that were pruned too, as long as
   * they were appended through this class. Where events are missing, `stats.gaps` tells which.
   *
   * @returns a snapshot to restore a graph from, whose `events` are read when they are looked at first; `null` where the log
   *   was never used, or nothing of the run is there
   * @throws {@link StorageError} as {@link NativeTaskGraphEventLog.replay}
   */
  rehydrate(options?: RunOptions): TaskGraphState | null {
    const run = runOf(options);
    return native(() => this.#graph.now(run));
  }

  /**
   * The graph's state as it was after the event `sequenceId` of a run; where that is missing, after the one before it.
   *
   * @returns `null` outside of the events that are retained
   * @throws {@link StorageError} `ERR_STORAGE_INVALID_ARGUMENT`, and as {@link NativeTaskGraphEventLog.replay}
   */
  stateAt(sequenceId: number, options?: RunOptions): TaskGraphState | null {
    if (!Number.isSafeInteger(sequenceId) || sequenceId < 1) {
      throw invalid(`sequenceId must be an integer from 1 on, not ${describe(sequenceId)}`);
    }
    const run = runOf(options);
    return native(() => this.#graph.at(sequenceId, run));
  }

  /**
   * The graph's state as it was when a checkpoint of the same `rootDir` was saved: after the last event that had been appended when `save` was called, in the run of that time.
   *
   * @param version - default the newest one
   * @returns `null` where there is no such version, and where what came before it is not retained
   * @throws {@link StorageError} `ERR_STORAGE_INVALID_ARGUMENT`, and as {@link NativeTaskGraphEventLog.replay}
   */
  stateAtCheckpoint(id: string, version?: number): TaskGraphState | null {
    checkId(id);
    checkOptionalInteger("version", version, 1);
    return native(() => this.#graph.atCheckpoint(id, version));
  }

  /**
   * What was added, removed and changed between the moments after two events of a run, in whichever order. `diffStates` compares any two states, those of
   * different runs too.
   *
   * @returns `null` where one of them is outside of the events that are retained
   * @throws {@link StorageError} as {@link NativeTaskGraphEventLog.stateAt}
   */
  diff(from: number, to: number, options?: RunOptions): TaskGraphDiff | null {
    const [before, after] = [this.stateAt(from, options), this.stateAt(to, options)];
    return before === null || after === null ? null : diffStates(before, after);
  }

  /**
   * The graph's runs, the oldest first: those of which there are events, and the current one. Where a log was never used there is none.
   *
   * @throws {@link StorageError} as {@link NativeTaskGraphEventLog.replay}
   */
  runs(): TaskGraphRun[] {
    return native(() => listRuns(this.#reader));
  }

  /**
   * A page of what happened when, of the retained events of a run, in order. Payloads are not read.
   *
   * @throws {@link StorageError} `ERR_STORAGE_INVALID_ARGUMENT`, and as {@link NativeTaskGraphEventLog.replay}
   */
  timeline(options?: TimelineOptions): TimelineEntry[] {
    const query = checkTimelineOptions(options);
    return native(() => this.#graph.timeline(query));
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
    return this.#writer.prune(Math.ceil(beforeSequenceId));
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
}

function runOf(options: RunOptions | undefined): number | undefined {
  const { run }: RunOptions = checkOptions(options, ["run"]);
  return checkOptionalInteger("run", run, 1);
}

function checkNumber(what: string, value: unknown): void {
  if (typeof value !== "number" || Number.isNaN(value)) {
    throw invalid(`${what} must be a number, not ${describe(value)}`);
  }
}
