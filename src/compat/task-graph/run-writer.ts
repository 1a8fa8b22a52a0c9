/**
 * Changes a task graph's stream: appends to the current run, steps back within it, prunes it.
 *
 * Constraints:
 * - an append waits for nothing but its own write, and fails only where storing is impossible: whatever `sequenceId` comes is a continuation, a gap, a fork or a new
 *   run, and an earlier event that cannot be read does not keep a later one from being stored;
 * - other handles, threads and, between two uses, processes may change the same stream: a change holds only for the last event and the watermark it was decided by, one of
 *   which every change of the table moves, and is decided anew where another one came first;
 * - a prune sees to it that its events are held until a state stands for them, and folds nothing itself.
 */
import type { NativeOp } from "../../binding.js";
import type { DropInStore } from "../../drop-in-store.js";
import { fromNative } from "../../native-error.js";
import { encodeEvent } from "../../stored/event.js";
import type { TaskGraphEvent } from "../../types.js";
import { decided } from "./decided.js";
import type { RunReader, RunView } from "./run-reader.js";
import { encodeRunStart, encodeRunTable, runStartKey, runTableKey } from "./run-table.js";
import {
  countEvents,
  findSequence,
  prunedWhole,
  type RunStart,
  type RunTable,
  steppedBack,
  within,
  withoutPruned,
} from "./runs.js";
import type { StateKeeper } from "./state-keeper.js";

/** The end of the stream, as it was when last seen. */
interface Tail {
  /** The engine's last sequence. */
  readonly lastSequence: number;
  /** What a following event's `sequenceId` exceeds. */
  readonly lastId: number;
}

/** See the module's description. */
export class RunWriter {
  readonly #store: DropInStore;
  readonly #stream: string;
  readonly #reader: RunReader;
  readonly #keeper: StateKeeper;
  #tail: Tail | undefined;

  constructor(store: DropInStore, stream: string, reader: RunReader, keeper: StateKeeper) {
    this.#store = store;
    this.#stream = stream;
    this.#reader = reader;
    this.#keeper = keeper;
  }

  /** Stores an event; its `sequenceId`. */
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

  /** Removes the run's events with a `sequenceId` before `before`, and all that came before them; how many of the run they were. */
  prune(before: number): number {
    return this.#decide(() => this.#prune(before));
  }

  #decide(change: () => number): number {
    return decided(change, () => {
      this.#tail = undefined;
    });
  }

  /** Appends an event that supersedes others, those with its `sequenceId` or a larger one, and so begins a run. */
  #stepBack(tail: Tail, id: number, data: Buffer): void {
    const view = this.#reader.view();
    const cut = this.#cutOf(view, id);
    const next = steppedBack(view.table, cut, id, view.end);
    this.#store.native.commitSync([
      { kind: "expect", stream: this.#stream, last: tail.lastSequence, first: view.first },
      { kind: "append", stream: this.#stream, events: [data] },
      ...this.#replaceTable(view, next),
      this.#setStart(next.number, this.#startOf(view, cut, id)),
    ]);
  }

  /**
   * The sequence of the first event of the run that an event with `id` supersedes. Where it steps back behind the oldest retained event, nothing is known
   * of what came before it: 0.
   */
  #cutOf({ segments, first, end }: RunView, id: number): number {
    const kept = within(segments, first, end);
    const oldest = kept[0]?.from;
    if (oldest === undefined) return 0;
    const cut = findSequence(kept, id, this.#reader.nextReadablePlace) ?? end;
    return cut > oldest || this.#reader.readableIdAt(oldest) === id ? cut : 0;
  }

  /** How the run begins whose first event, with `id`, supersedes those of the one in `view` from the sequence `cut` on. */
  #startOf({ table, segments, end }: RunView, cut: number, id: number): RunStart {
    const superseded = within(segments, cut, end);
    const taken = within(segments, 0, cut).at(-1);
    if (taken === undefined) return { from: end, parent: 0, forkedAt: 0, superseded };
    const parent = this.#reader.history.ownerOf(table, taken.until - 1);
    return { from: end, parent, forkedAt: id - 1, superseded };
  }

  #prune(before: number): number {
    const view = this.#reader.view();
    const { table, first, last } = view;
    const kept = within(table.segments, first, view.end);
    const found = findSequence(kept, before, this.#reader.nextPlace);
    const target = found ?? view.end;
    if (kept[0] === undefined || target <= kept[0].from) return 0;
    const lastId = () => this.#reader.lastId(table.segments, view.end);
    const ended = found === undefined ? prunedWhole(table, lastId(), last) : table;
    const oldest = this.#reader.history.oldestWith(table, target);
    const left = withoutPruned(ended, this.#keptState(view, target), oldest);
    const isSame =
      ended === table && left.segments.length === table.segments.length && oldest === table.oldest;
    const { pruned } = this.#store.native.commitSync([
      { kind: "expect", stream: this.#stream, last, first },
      { kind: "hold", stream: this.#stream, from: 1 },
      { kind: "prune", stream: this.#stream, before: target },
      ...(isSame ? [] : [...this.#replaceTable(view, left), ...this.#removeStarts(table, oldest - 1)]),
    ]);
    this.#keeper.pruned(target);
    return countEvents(within(table.segments, target - (pruned[0] ?? 0), target));
  }

  /** The last event before `until` after which a state is kept; 0 also where that cannot be read, since then nothing of the table can be missed. */
  #keptState(view: RunView, until: number): number {
    try {
      return this.#store.native.keptGraph(this.#stream, this.#reader.nativeRun(view, view.segments), until);
    } catch (thrown) {
      const error = fromNative(thrown);
      if (error.code === "ERR_STORAGE_CORRUPT") return 0;
      throw error;
    }
  }

  /** Whatever is left of a stream that was deleted goes. */
  #replaceTable({ outlived }: RunView, table: RunTable): NativeOp[] {
    const set = {
      kind: "setInternal",
      key: runTableKey(this.#stream),
      value: encodeRunTable(table),
    } as const;
    return outlived === undefined ? [set] : [...this.#removeStarts(outlived, outlived.number), set];
  }

  #setStart(run: number, start: RunStart): NativeOp {
    return { kind: "setInternal", key: runStartKey(this.#stream, run), value: encodeRunStart(start) };
  }

  /** Forgets how the runs up to `last` began. The first one has no record of it. */
  #removeStarts({ oldest }: RunTable, last: number): NativeOp[] {
    const ops: NativeOp[] = [];
    for (let run = Math.max(oldest, 2); run <= last; run += 1) {
      ops.push({ kind: "removeInternal", key: runStartKey(this.#stream, run) });
    }
    return ops;
  }
}
