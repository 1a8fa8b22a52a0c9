/**
 * Several changes as one: all of them are there after a crash, or none.
 *
 * Constraints: what is added is checked and copied when it is added; a batch is committed once; it takes one place in the order, so its events and checkpoints share
 * a position.
 */

import { isNativeStore, type NativeOp, type NativeStore } from "./binding.js";
import type { CheckpointInfo } from "./checkpoint-info.js";
import { native, nativeLater } from "./native-error.js";
import { optionNames } from "./option-names.js";
import {
  checkBytes,
  checkId,
  checkInteger,
  checkMeta,
  checkName,
  checkOptionalInteger,
  checkOptions,
  checkTime,
  invalid,
} from "./validate.js";

/** A condition of an append. */
export interface AppendOptions {
  /** Append only if this is the stream's last sequence, else `ERR_STORAGE_CONFLICT`. */
  readonly after?: number | undefined;
}

/** What is stored beside a checkpoint's bytes. */
export interface SaveOptions {
  /** Checkpoints of one lineage are compressed against each other when their ids are new. */
  readonly lineage?: string | undefined;
  /** At most 64 KiB, listed without loading the data. */
  readonly meta?: Uint8Array | undefined;
  /** The caller's own time in milliseconds; default now. */
  readonly time?: number | undefined;
}

const APPEND_OPTIONS = optionNames<AppendOptions>({ after: true });
const SAVE_OPTIONS = optionNames<SaveOptions>({ lineage: true, meta: true, time: true });

/** What a batch did. */
export interface BatchResult {
  /** Its place in the store's one order; that of the change before where it changed nothing. */
  readonly position: number;
  /** For each append, the first event's sequence. */
  readonly sequences: number[];
  /** For each save, what became of it. */
  readonly checkpoints: CheckpointInfo[];
  /** For each delete, whether there was something to delete. */
  readonly deleted: boolean[];
  /** For each prune, how many events went. */
  readonly pruned: number[];
  /** For each deletion of a stream, whether there was one. */
  readonly deletedStreams: boolean[];
}

/** Copies, because the caller may change the bytes before the commit. */
function copied(what: string, bytes: unknown): Uint8Array {
  return new Uint8Array(checkBytes(what, bytes));
}

/** Checks a save. @throws StorageError `ERR_STORAGE_INVALID_ARGUMENT`, `ERR_STORAGE_TOO_LARGE` */
export function checkSaveOptions(given: SaveOptions | undefined): {
  lineage: string;
  meta: Uint8Array;
  time?: number;
} {
  const options: SaveOptions = checkOptions(given, SAVE_OPTIONS);
  const time = checkTime("time", options.time);
  return {
    lineage: options.lineage === undefined ? "" : checkName("lineage", options.lineage),
    meta: checkMeta(options.meta),
    ...(time === undefined ? {} : { time }),
  };
}

/** The condition of an append. @throws StorageError `ERR_STORAGE_INVALID_ARGUMENT` */
export function checkAfter(given: AppendOptions | undefined): number | undefined {
  const options: AppendOptions = checkOptions(given, APPEND_OPTIONS);
  return checkOptionalInteger("after", options.after, 0);
}

/** Changes to be committed together. Made by {@link StorageEngine.batch}. */
export class Batch {
  readonly #store: NativeStore;
  #ops: NativeOp[] | undefined = [];

  /** @internal */
  constructor(store: NativeStore) {
    if (!isNativeStore(store))
      throw invalid("a batch is made by batch() of an open StorageEngine, not by new Batch()");
    this.#store = store;
  }

  /** Appends an event. */
  appendEvent(data: Uint8Array, stream = "", options?: AppendOptions): this {
    return this.appendEvents([data], stream, options);
  }

  /** Appends events. */
  appendEvents(data: readonly Uint8Array[], stream = "", options?: AppendOptions): this {
    if (!Array.isArray(data)) throw invalid("events must be an array");
    const after = checkAfter(options);
    const events = data.map((event) => copied("an event", event));
    const condition = after === undefined ? {} : { after };
    return this.#add({ kind: "append", stream: checkName("a stream name", stream), events, ...condition });
  }

  /** Refuses the whole batch with `ERR_STORAGE_CONFLICT` unless this is the stream's last sequence at this point of the batch. */
  expect(stream: string, lastSequence: number): this {
    const last = checkInteger("lastSequence", lastSequence, 0);
    return this.#add({ kind: "expect", stream: checkName("a stream name", stream), last });
  }

  /** Removes events before a sequence. */
  prune(before: number, stream = ""): this {
    const sequence = checkInteger("before", before, 0);
    return this.#add({ kind: "prune", stream: checkName("a stream name", stream), before: sequence });
  }

  /** Forgets a stream. */
  deleteStream(stream: string): this {
    return this.#add({ kind: "deleteStream", stream: checkName("a stream name", stream) });
  }

  /** Saves a checkpoint. */
  saveCheckpoint(id: string, data: Uint8Array, options?: SaveOptions): this {
    const { meta, ...rest } = checkSaveOptions(options);
    const bytes = copied("data", data);
    return this.#add({ kind: "save", id: checkId(id), data: bytes, meta: copied("meta", meta), ...rest });
  }

  /** Deletes a checkpoint with all its versions. */
  deleteCheckpoint(id: string): this {
    return this.#add({ kind: "delete", id: checkId(id) });
  }

  /** Commits; resolves when all of it is durable. @throws StorageError */
  commit(): Promise<BatchResult> {
    return nativeLater(async () => this.#store.commit(this.#take()));
  }

  /**
   * Commits on the spot. A batch without checkpoints is accepted when this returns, one with checkpoints durable.
   *
   * @throws StorageError
   */
  commitSync(): BatchResult {
    return native(() => this.#store.commitSync(this.#take()));
  }

  #add(op: NativeOp): this {
    if (!this.#ops) throw invalid("the batch was committed already");
    this.#ops.push(op);
    return this;
  }

  #take(): NativeOp[] {
    const ops = this.#ops;
    if (!ops) throw invalid("the batch was committed already");
    this.#ops = undefined;
    return ops;
  }
}
