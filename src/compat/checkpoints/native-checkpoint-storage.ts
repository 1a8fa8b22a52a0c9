/**
 * The drop-in for today's checkpoint storage, on the engine.
 *
 * Constraints:
 * - constructing does no I/O; `load`, `list`, `delete` and `prune` where there is no store find nothing and make none;
 * - `save` has encoded the checkpoint when it returns its promise: callers change the object right after the call;
 * - calls take effect in the order in which they were made, also those that are not awaited;
 * - a promise resolves when the change is durable, and every failure rejects with a {@link StorageError}; nothing but
 *   the constructor throws;
 * - what `StorageEngine` saved raw in the same store is not listed, not pruned and no version in a history: a meta that is
 *   not ours tells it.
 */

import type { NativeCheckpointInfo } from "../../binding.js";
import { asyncDispose } from "../../disposal.js";
import { checkDropInOptions, type DropInOptions, type DropInStore, openDropIn } from "../../drop-in-store.js";
import { nativeLater } from "../../native-error.js";
import { decodeCheckpoint, encodeCheckpoint, TIME_OF_NO_NUMBER } from "../../stored/checkpoint.js";
import { takeRecord } from "../../stored/landing.js";
import { type CheckpointMeta, decodeMeta, type ListedField, summaryOf } from "../../stored/meta.js";
import type {
  Checkpoint,
  CheckpointFilter,
  CheckpointSummary,
  CheckpointVersion,
  ICheckpointStorage,
} from "../../types.js";
import { checkId, checkInteger, describe, invalid } from "../../validate.js";
import { listSummaries } from "./checkpoint-list.js";
import { StepwiseCalls } from "./stepwise-calls.js";

/** The longest chain that the engine builds. */
const MAX_DELTA_CHAIN = 255;

/** What today's storage takes, and the engine's own options. */
export interface NativeCheckpointStorageOptions extends DropInOptions {
  /**
   * How many records a load may have to read: 8; 0 stores every version whole. What the engine cannot keep counts
   * as the nearest value it can.
   */
  readonly maxDeltaChain?: number | undefined;
  /** Accepted, and without effect: the engine stores a delta only where it is smaller. */
  readonly minDeltaSavingsRatio?: number | undefined;
  /** Accepted, and without effect: the engine has no index file. */
  readonly indexFileName?: string | undefined;
}

/** Keeps an agent runtime's checkpoints, with the versions of each. */
export class NativeCheckpointStorage implements ICheckpointStorage, AsyncDisposable {
  readonly #store: DropInStore;
  readonly #stepwise: StepwiseCalls;

  /**
   * Does no I/O: the directory appears with the first `save`.
   *
   * @throws {@link StorageError} `ERR_STORAGE_UNAVAILABLE` where no native binary loads, `ERR_STORAGE_INVALID_ARGUMENT`
   */
  constructor(options: NativeCheckpointStorageOptions) {
    this.#store = openDropIn(withEngineDeltaChain(options));
    this.#stepwise = new StepwiseCalls(this.#store.directory);
  }

  /**
   * Inserts, or replaces the checkpoint with the same `id`; the one before stays in its history. Resolves when that
   * is durable. The object may be changed as soon as the call has returned.
   *
   * @throws {@link StorageError} `ERR_STORAGE_INVALID_ARGUMENT`, `ERR_STORAGE_UNSERIALIZABLE` with `property`,
   *   `ERR_STORAGE_TOO_LARGE`, and what opening and writing can meet
   */
  async save(checkpoint: Checkpoint): Promise<void> {
    this.#stepwise.check();
    const { native, maxRecordBytes } = this.#store;
    const { id, data, lineage, meta, time } = encodeCheckpoint(checkpoint, maxRecordBytes);
    await nativeLater(() => native.save(id, data, lineage, meta, time));
  }

  /**
   * The checkpoint, fresh and the caller's to change; `null` where there is none.
   *
   * @throws {@link StorageError} `ERR_STORAGE_INVALID_ARGUMENT`, `ERR_STORAGE_CORRUPT`, `ERR_STORAGE_UNSUPPORTED_FORMAT`
   *   where `StorageEngine` saved raw bytes under the id, and what opening can meet
   */
  async load(id: string): Promise<Checkpoint | null> {
    this.#stepwise.check();
    checkId(id);
    return this.#load(id);
  }

  /**
   * What `filter` selects, sorted by `createdAt`, the latest first, where it says nothing else.
   *
   * @throws {@link StorageError} `ERR_STORAGE_CORRUPT`, and what opening can meet
   */
  async list(filter?: CheckpointFilter): Promise<CheckpointSummary[]> {
    const { native } = this.#store;
    const source = {
      list: (options: Parameters<typeof native.list>[0]) => nativeLater(() => native.list(options)),
      summarize: (info: NativeCheckpointInfo) => this.#summarize(info),
    };
    return this.#stepwise.run(() => listSummaries(source, filter ?? {}));
  }

  /**
   * Deletes a checkpoint with all its versions; whether there was one. Resolves when that is durable.
   *
   * @throws {@link StorageError} `ERR_STORAGE_INVALID_ARGUMENT`, and what opening and writing can meet
   */
  async delete(id: string): Promise<boolean> {
    this.#stepwise.check();
    checkId(id);
    const { deleted } = await nativeLater(() => this.#store.native.commit([{ kind: "delete", id }]));
    return deleted[0] === true;
  }

  /**
   * Removes the checkpoints with `createdAt` before `olderThanMs` milliseconds ago, all at once; how many they
   * were. One that is saved again meanwhile stays.
   *
   * @throws {@link StorageError} `ERR_STORAGE_INVALID_ARGUMENT`, and what opening and writing can meet
   */
  async prune(olderThanMs: number): Promise<number> {
    if (typeof olderThanMs !== "number")
      throw invalid(`olderThanMs must be a number, not ${describe(olderThanMs)}`);
    return this.#stepwise.run(async () => {
      const old = await this.#createdBefore(Date.now() - olderThanMs);
      if (old.length === 0) return 0;
      const deletes = old.map(({ id, position }) => ({ kind: "delete", id, unlessAfter: position }) as const);
      const { deleted } = await nativeLater(() => this.#store.native.commit(deletes));
      return deleted.filter(Boolean).length;
    });
  }

  /**
   * The kept versions of a checkpoint, oldest first; the last is what `load` gives. Empty where there is none.
   *
   * @throws {@link StorageError} `ERR_STORAGE_INVALID_ARGUMENT`, `ERR_STORAGE_CORRUPT`, and what opening can meet
   */
  async history(id: string): Promise<CheckpointVersion[]> {
    checkId(id);
    return this.#stepwise.run(() => this.#history(id));
  }

  /**
   * One version of a checkpoint; `null` where it is not kept.
   *
   * @throws {@link StorageError} as {@link NativeCheckpointStorage.load}
   */
  async loadVersion(id: string, version: number): Promise<Checkpoint | null> {
    this.#stepwise.check();
    checkId(id);
    return this.#load(id, checkInteger("version", version, 1));
  }

  /**
   * Resolves when every call made before is durable.
   *
   * @throws {@link StorageError}
   */
  async flush(): Promise<void> {
    this.#stepwise.check();
    await this.#stepwise.ended();
    await nativeLater(() => this.#store.native.flush());
  }

  /**
   * Ends all calls made before and gives everything back. Later calls are `ERR_STORAGE_CLOSED`; closing again is no
   * error. Need not be called: an idle storage gives everything back by itself.
   *
   * @throws {@link StorageError}
   */
  async close(): Promise<void> {
    await this.#stepwise.close();
    await nativeLater(() => this.#store.native.close());
  }

  /** `close`, for `await using`. */
  [asyncDispose](): Promise<void> {
    return this.close();
  }

  async #history(id: string): Promise<CheckpointVersion[]> {
    const versions: CheckpointVersion[] = [];
    for (const info of await nativeLater(() => this.#store.native.history(id))) {
      const meta = decodeMeta(info.meta);
      if (meta === undefined) continue;
      const fields = holds(meta, ["currentStep", "status"])
        ? meta.fields
        : await this.#load(id, info.version);
      if (fields === null) continue;
      const { version, savedAt, bytes } = info;
      versions.push({ version, savedAt, bytes, currentStep: fields.currentStep, status: fields.status });
    }
    return versions;
  }

  async #load(id: string, version?: number): Promise<Checkpoint | null> {
    const { native, directory } = this.#store;
    const record = await nativeLater(() => native.loadRecord(id, version));
    return record === null ? null : decodeCheckpoint(takeRecord(record), id, directory);
  }

  async #summarize(info: NativeCheckpointInfo): Promise<CheckpointSummary | undefined> {
    const meta = decodeMeta(info.meta);
    if (meta === undefined) return undefined;
    if (meta.omitted.length === 0) return { id: info.id, ...meta.fields };
    const checkpoint = await this.#load(info.id);
    return checkpoint === null ? undefined : summaryOf(checkpoint);
  }

  /** The checkpoints with a `createdAt` before `time`, as `<` finds it, whatever kind of value that is. */
  async #createdBefore(time: number): Promise<NativeCheckpointInfo[]> {
    const { native } = this.#store;
    if (Number.isNaN(time)) return [];
    const timed = await nativeLater(() => native.list({ orderBy: "time", until: time }));
    const old = timed.filter((info) => info.time < time && decodeMeta(info.meta) !== undefined);
    for (const info of await nativeLater(() => native.list({ orderBy: "time", from: TIME_OF_NO_NUMBER }))) {
      const summary = await this.#summarize(info);
      if (summary !== undefined && summary.createdAt < time) old.push(info);
    }
    return old;
  }
}

/** Today's class takes any number of deltas in a chain. */
function withEngineDeltaChain(options: NativeCheckpointStorageOptions): DropInOptions {
  const {
    minDeltaSavingsRatio: _ratio,
    indexFileName: _name,
    ...engineOptions
  } = checkDropInOptions(options);
  const { maxDeltaChain } = engineOptions;
  if (typeof maxDeltaChain !== "number") return engineOptions;
  const chain = Number.isNaN(maxDeltaChain) ? 0 : Math.floor(maxDeltaChain);
  return { ...engineOptions, maxDeltaChain: Math.min(Math.max(chain, 0), MAX_DELTA_CHAIN) };
}

function holds(meta: CheckpointMeta, fields: readonly ListedField[]): boolean {
  return !fields.some((field) => meta.omitted.includes(field));
}
