/**
 * Reads the runs of a task graph's stream: the current one, or one before it.
 *
 * Constraints: the table and the stream's end are read as they were at one moment, although others may write; what was
 * pruned in between is left out, never a reason to fail.
 */

import type { NativeColumns, NativeRun } from "../../binding.js";
import { buildInto } from "../../columns/build.js";
import type { DropInStore } from "../../drop-in-store.js";
import { StorageError } from "../../errors.js";
import { fromNative } from "../../native-error.js";
import { decodeEvent, isEvent } from "../../stored/event.js";
import { foreignRecord } from "../../stored/foreign.js";
import type { TaskGraphEvent } from "../../types.js";
import { RunHistory } from "./run-history.js";
import { decodeRunTable, runTableKey } from "./run-table.js";
import {
  findSequence,
  firstRun,
  lastSegment,
  type NextPlace,
  pairsOf,
  type RunTable,
  type Segment,
  within,
} from "./runs.js";

/** The codes of an event that cannot be read, now or later. */
const UNREADABLE: ReadonlySet<string> = new Set(["ERR_STORAGE_CORRUPT", "ERR_STORAGE_UNSUPPORTED_FORMAT"]);

/** The stream at one moment. */
interface Moment {
  readonly table: RunTable;
  /** What told it. */
  readonly record: Buffer | null;
  /** The oldest sequence that is not pruned; the one behind the last where all are. */
  readonly first: number;
  /** The stream's last sequence; 0 where it was never used. */
  readonly last: number;
  /** The table of a stream of the same name that was deleted, which is still there. */
  readonly outlived: RunTable | undefined;
}

/** A run at one moment. */
export interface RunView extends Moment {
  /** Its number. */
  readonly run: number;
  /** Its segments; only the last one may be open. */
  readonly segments: readonly Segment[];
  /** The sequence behind the run's last event. */
  readonly end: number;
}

/** See the module's description. */
export class RunReader {
  readonly #store: DropInStore;
  readonly #stream: string;
  readonly #tableKey: Buffer;
  readonly history: RunHistory;

  constructor(store: DropInStore, stream: string) {
    this.#store = store;
    this.#stream = stream;
    this.#tableKey = runTableKey(stream);
    this.history = new RunHistory(store, stream);
  }

  /** The current run as it is now. */
  view(): RunView {
    const moment = this.#moment();
    const { number: run, segments } = moment.table;
    return { ...moment, run, segments, end: moment.last + 1 };
  }

  /** The run with this number; `undefined` where there is none, or where all that was its own is pruned. */
  viewOf(run: number | undefined): RunView | undefined {
    if (run === undefined) return this.view();
    for (;;) {
      const moment = this.#moment();
      const { table, record, last } = moment;
      if (run < table.oldest || run > table.number) return undefined;
      const found = this.history.segmentsOf(table, run);
      if (!isSame(record, this.#store.native.internal(this.#tableKey))) continue;
      if (found === undefined) return undefined;
      const end = Math.min(found.end, last + 1);
      const isPruned = run < table.number && end <= moment.first;
      return isPruned ? undefined : { ...moment, run, segments: found.segments, end };
    }
  }

  /** Whether the stream is still the one that was looked at, and not one that was made anew. */
  isOfStream({ table }: RunView): boolean {
    return this.#store.native.streamPlace(this.#stream)[0] === table.stream;
  }

  /** `segments` of a view as the addon takes them. */
  nativeRun({ record }: RunView, segments: readonly Segment[]): NativeRun {
    return { stretches: pairsOf(segments), key: this.#tableKey, ...(record === null ? {} : { record }) };
  }

  /** What an append goes by. */
  tail(): { lastSequence: number; lastId: number } {
    const { table, last } = this.#moment();
    return { lastSequence: last, lastId: this.lastId(table.segments, last + 1) };
  }

  /**
   * The largest `sequenceId` of a run whose last event is before `end`; 0 where it never had an event. Where the last event cannot be read any more,
   * the least that it can have been.
   */
  lastId(segments: readonly Segment[], end: number): number {
    const { leastId, from } = lastSegment(segments);
    return this.readableIdAt(end - 1) ?? leastId + end - 1 - from;
  }

  /** At most `limit` events of a run, from the first with `id` or a larger one. */
  replay(id: number, limit: number, run?: number): TaskGraphEvent[] {
    const view = this.viewOf(run);
    if (view === undefined) return [];
    const segments = within(view.segments, view.first, view.end);
    const start = findSequence(segments, id, this.nextPlace) ?? view.end;
    return this.eventsOf(within(segments, start, view.end), limit);
  }

  /** The events of `segments`, none of them open, at most `limit`; without those that were pruned. */
  eventsOf(segments: readonly Segment[], limit: number = Number.POSITIVE_INFINITY): TaskGraphEvent[] {
    const events: TaskGraphEvent[] = [];
    for (const { from, until } of segments) this.#readInto(events, from, until, limit);
    return events;
  }

  /** The first event that there is from `from` on and before `until`. */
  readonly nextPlace: NextPlace = (from, until) => {
    const replay = this.#store.native.replayColumns(from, this.#stream, 1);
    try {
      const events: TaskGraphEvent[] = [];
      const batch = replay.next();
      if (batch !== null) this.#addBatch(events, batch, until);
      const [event] = events;
      return batch && event ? { sequence: batch.firstSequence, id: event.sequenceId } : undefined;
    } finally {
      replay.end();
    }
  };

  /** The same, passing over events that are damaged, or none of the log's. */
  readonly nextReadablePlace: NextPlace = (from, until) => {
    for (let sequence = from; sequence < until; sequence += 1) {
      const found = this.#unlessUnreadable(() => ({ place: this.nextPlace(sequence, until) }));
      if (found !== undefined) return found.place;
    }
    return undefined;
  };

  /** The `sequenceId` of the event at `sequence`; `undefined` where it was pruned, is damaged, or none of the log's. */
  readableIdAt(sequence: number): number | undefined {
    return this.readableAt(sequence)?.sequenceId;
  }

  /** The event at `sequence`, likewise. */
  readableAt(sequence: number): TaskGraphEvent | undefined {
    return this.#unlessUnreadable(
      () => this.eventsOf([{ leastId: 1, from: sequence, until: sequence + 1 }])[0],
    );
  }

  /** What `read` gives; `undefined` where it comes upon an event that cannot be read. */
  #unlessUnreadable<T>(read: () => T): T | undefined {
    try {
      return read();
    } catch (thrown) {
      const error = fromNative(thrown);
      // A store that cannot be opened says so again at the append that this is asked for.
      if (error instanceof StorageError && UNREADABLE.has(error.code)) return undefined;
      throw error;
    }
  }

  /** Adds the events from `from` to before `until`, until there are `limit`. */
  #readInto(events: TaskGraphEvent[], from: number, until: number, limit: number): void {
    const most = Math.min(until - from, limit - events.length);
    if (most <= 0) return;
    const replay = this.#store.native.replayColumns(from, this.#stream, most);
    try {
      for (let batch = replay.next(); batch; batch = replay.next()) {
        if (this.#addBatch(events, batch, until) < batch.count) return;
      }
    } finally {
      replay.end();
    }
  }

  /** Adds the events of `batch` that are before `until`; how many they are. */
  #addBatch(events: TaskGraphEvent[], batch: NativeColumns, until: number): number {
    const added = events.length;
    // What is no event is found below, before anybody sees it.
    buildInto(events, batch, decodeEvent);
    // Where the first ones were pruned, the engine counts from the next ones on.
    const wanted = Math.max(Math.min(batch.count, until - batch.firstSequence), 0);
    events.length = added + wanted;
    for (let index = added; index < events.length; index += 1) {
      if (!isEvent(events[index])) this.#refuse(batch.firstSequence + index - added);
    }
    return wanted;
  }

  /** Refuses what is no event of the log's. */
  #refuse(sequence: number): never {
    const stream = JSON.stringify(this.#stream);
    const advice =
      `give raw events a stream of their own; StorageEngine reads it, and its prune(${sequence + 1}, ${stream}) ` +
      "removes it with what came before it";
    throw foreignRecord(`event ${sequence} of the stream ${stream}`, advice, this.#store.directory);
  }

  /** The table and the place of the stream that it was true for: no change of the table came between the two. */
  #moment(): Moment {
    const { native, directory } = this.#store;
    let record = native.internal(this.#tableKey);
    for (;;) {
      const [stream = 0, first = 1, last = 0] = native.streamPlace(this.#stream);
      const again = native.internal(this.#tableKey);
      if (isSame(record, again)) {
        const known = record === null ? undefined : decodeRunTable(record, directory);
        const isOutlived = known !== undefined && (last === 0 || known.stream !== stream);
        const table = known === undefined || isOutlived ? firstRun(stream) : known;
        return { table, record, first, last, outlived: isOutlived ? known : undefined };
      }
      record = again;
    }
  }
}

function isSame(left: Buffer | null, right: Buffer | null): boolean {
  return left === null || right === null ? left === right : left.equals(right);
}
