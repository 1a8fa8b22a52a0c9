/**
 * Changes a task graph's stream: appends to the current run, steps back within it, prunes it.
 *
 * Constraints:
 * - an append waits for nothing but its own write, and fails only where storing is impossible: whatever `sequenceId` comes is a continuation, a gap, a fork or a new
 *   run, and an earlier event that cannot be read does not keep a later one from being stored;
 * - other handles, threads and, between two uses, processes may append to the same stream: a change holds only for the last event it was decided by, and is
 *   decided anew where another one came first;
 * - a prune sees to it that its events are held until a state stands for them, and folds nothing itself.
 */
import type { NativeOp } from "../binding.js";
import type { DropInStore } from "../drop-in-store.js";
import { fromNative } from "../native-error.js";
import { encodeEvent } from "../stored/event.js";
import type { TaskGraphEvent } from "../types.js";
import { decided } from "./decided.js";
import type { RunReader, RunView } from "./run-reader.js";
import { encodeRunTable } from "./run-table.js";
import {
  behindState,
  countEvents,
  findSequence,
  prunedWhole,
  type RunTable,
  type Segment,
  steppedBack,
  within,
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
  readonly #tableKey: Buffer;
  readonly #reader: RunReader;
  readonly #keeper: StateKeeper;
  #tail: Tail | undefined;

  constructor(store: DropInStore, stream: string, tableKey: Buffer, reader: RunReader, keeper: StateKeeper) {
    this.#store = store;
    this.#stream = stream;
    this.#tableKey = tableKey;
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

  #prune(before: number): number {
    const view = this.#reader.view();
    const { table, first, last } = view;
    const kept = within(table, first, last + 1);
    const found = findSequence(kept, before, (sequence) => this.#reader.idAt(sequence));
    const target = found ?? last + 1;
    if (kept[0] === undefined || target <= kept[0].from) return 0;
    const ended = found === undefined ? prunedWhole(table, this.#reader.lastId(table, last), last) : table;
    const left = behindState(ended, this.#keptState(view, target));
    const isSame = ended === table && left.length === table.length;
    const { pruned } = this.#store.native.commitSync([
      { kind: "expect", stream: this.#stream, last },
      { kind: "hold", stream: this.#stream, from: 1 },
      { kind: "prune", stream: this.#stream, before: target },
      ...(isSame ? [] : [this.#setTable(left)]),
    ]);
    this.#keeper.pruned(target);
    return countEvents(within(table, target - (pruned[0] ?? 0), target));
  }

  /** The last event before `until` after which a state is kept; 0 also where that cannot be read, since then nothing of the table can be missed. */
  #keptState(view: RunView, until: number): number {
    try {
      return this.#store.native.keptGraph(this.#stream, this.#reader.nativeRun(view, view.table), until);
    } catch (thrown) {
      const error = fromNative(thrown);
      if (error.code === "ERR_STORAGE_CORRUPT") return 0;
      throw error;
    }
  }

  #setTable(table: RunTable): NativeOp {
    return { kind: "setInternal", key: this.#tableKey, value: encodeRunTable(table) };
  }
}
