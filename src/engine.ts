/**
 * The engine: events and checkpoints as bytes.
 *
 * Constraints: bytes are copied before a call returns and handed out as copies; every list and iteration is a snapshot taken at the call; after `close` every call throws
 * `ERR_STORAGE_CLOSED`; every failure is a {@link StorageError}.
 */
import { type AppendOptions, Batch, checkAfter, checkSaveOptions, type SaveOptions } from "./batch.js";
import { isNativeStore, type NativeStore, nativeBinding } from "./binding.js";
import {
  type CheckpointInfo,
  checkListOptions,
  iterateListing,
  type ListOptions,
} from "./checkpoint-info.js";
import { asyncDispose, dispose } from "./disposal.js";
import { closedError } from "./errors.js";
import { type LongCall, longCall, unlessAborted } from "./long-call.js";
import { native, nativeLater } from "./native-error.js";
import { optionNames } from "./option-names.js";
import { checkEngineOptions, type StorageEngineOptions } from "./options.js";
import type { CompactionReport, RepairReport, VerifyReport } from "./reports.js";
import { iterateEvents, type StoredEvent } from "./stored-event.js";
import {
  checkBytes,
  checkId,
  checkInteger,
  checkName,
  checkOptionalInteger,
  checkOptions,
  checkPath,
  invalid,
} from "./validate.js";

/** What is known of a stream. */
export interface StreamInfo {
  readonly name: string;
  /** The oldest sequence that was not pruned; one more than `lastSequence` where all were. */
  readonly firstSequence: number;
  readonly lastSequence: number;
  /** The bytes of its events, without the pruned ones. */
  readonly bytes: number;
}

/** A store's figures: sizes in bytes, counts since opening where they count calls. */
export interface StorageStats {
  readonly events: number;
  readonly checkpoints: number;
  readonly versions: number;
  readonly bytesOnDisk: number;
  readonly liveBytes: number;
  readonly logBytes: number;
  readonly appended: number;
  readonly saved: number;
  readonly syncs: number;
  /** How long the oldest unsynced change has been waiting. */
  readonly syncLagMs: number;
  readonly pendingSaves: number;
  /** Whether an earlier failure ended writing. */
  readonly poisoned: boolean;
  readonly formatVersion: number;
}

/** Which events to replay. */
export interface ReplayOptions {
  readonly stream?: string | undefined;
  readonly limit?: number | undefined;
}

/** Which version to load. */
export interface LoadOptions {
  readonly version?: number | undefined;
}

/** How to repair. */
export interface RepairOptions extends LongCall {
  /** Whether only to tell what a repair would do, and to change nothing. Default `false`. */
  readonly dryRun?: boolean | undefined;
}

const REPAIR_OPTIONS = optionNames<RepairOptions>({ signal: true, onProgress: true, dryRun: true });
const REPLAY_OPTIONS = optionNames<ReplayOptions>({ stream: true, limit: true });
const LOAD_OPTIONS = optionNames<LoadOptions>({ version: true });

/** A handle on a store. Handles of one directory in one process share its engine. */
export class StorageEngine implements Disposable, AsyncDisposable {
  readonly #store: NativeStore;
  readonly #directory: string;
  /** The addon knows it too, but asking it for each event of a walk would take longer than the walk. */
  #closed: boolean = false;

  private constructor(store: NativeStore, directory: string) {
    if (!isNativeStore(store)) {
      throw invalid("a store is opened by StorageEngine.open() or openSync(), not by new StorageEngine()");
    }
    this.#store = store;
    this.#directory = directory;
  }

  /**
   * Opens the store in `directory`, and makes one where there is none.
   *
   * @throws StorageError `ERR_STORAGE_LOCKED`, `_CORRUPT`, `_UNSUPPORTED_FORMAT`, `_NOT_A_STORE`, `_NOT_FOUND`, `_READ_ONLY`, `_FULL`, `_IO`,
   * `_INVALID_ARGUMENT`, `_UNAVAILABLE`
   */
  static async open(directory: string, options?: StorageEngineOptions): Promise<StorageEngine> {
    const path = checkPath("directory", directory);
    const checked = checkEngineOptions(options);
    const { NativeStore } = nativeBinding();
    return new StorageEngine(await nativeLater(() => NativeStore.open(path, checked)), path);
  }

  /** The same on the spot. @throws StorageError as {@link StorageEngine.open} */
  static openSync(directory: string, options?: StorageEngineOptions): StorageEngine {
    const path = checkPath("directory", directory);
    const checked = checkEngineOptions(options);
    const { NativeStore } = nativeBinding();
    return new StorageEngine(
      native(() => NativeStore.openSync(path, checked)),
      path,
    );
  }

  /**
   * Reads and checks every live byte of a store that nobody has open, this process included. Changes none.
   *
   * @throws StorageError `ERR_STORAGE_LOCKED`, `_NOT_FOUND`, `_NOT_A_STORE`, `_UNSUPPORTED_FORMAT`, `_IO`
   */
  static async verify(directory: string, options?: LongCall): Promise<VerifyReport> {
    const path = checkPath("directory", directory);
    return unlessAborted(options, (call) => nativeBinding().verifyDirectory(path, call));
  }

  /**
   * Makes a damaged store that nobody has open one that opens again, with everything that is not damaged; a sound one is left as it is.
   *
   * Files that go are copied first, to `savedTo`, and until the last step the store is as it was. Sequences of events that are known to be lost are not given
   * again; those of changes that only `lostChanges` tells of may be. Names that were lost are replaced: streams and checkpoints whose names begin with `lost+found/`
   * are to be read, saved under the name they belong to, and deleted. A file that the operating system cannot read ends it with `ERR_STORAGE_IO`: copy such a
   * disk first.
   *
   * @throws StorageError `ERR_STORAGE_LOCKED`, `_NOT_FOUND`, `_NOT_A_STORE`, `_UNSUPPORTED_FORMAT`, `_READ_ONLY`, `_FULL`, `_IO`, and `_CORRUPT`
   * where no file is left that tells which store it is of
   */
  static async repair(directory: string, options?: RepairOptions): Promise<RepairReport> {
    const path = checkPath("directory", directory);
    const { signal, onProgress, dryRun = false }: RepairOptions = checkOptions(options, REPAIR_OPTIONS);
    if (typeof dryRun !== "boolean") throw invalid("dryRun must be true or false");
    const report = await longCall({ signal, onProgress }, (call) =>
      nativeBinding().repairDirectory(path, dryRun, call),
    );
    const { keptEvents, keptVersions, found, damage, lostEvents, lostVersions, lostChanges, savedTo } =
      report;
    return {
      kept: { events: keptEvents, versions: keptVersions },
      found,
      lost: damage,
      lostEvents,
      lostVersions,
      lostChanges: lostChanges.map(({ from, to }) => ({ from, to: to ?? null })),
      savedTo: savedTo ?? "",
    };
  }

  /**
   * Appends an event to a stream; accepted when this returns, and never waiting for the disk unless `durability` is `"sync"`.
   *
   * @returns the event's sequence
   * @throws StorageError `ERR_STORAGE_CONFLICT`, `_TOO_LARGE`, `_FULL`, `_POISONED`, `_CLOSED`, `_INVALID_ARGUMENT`
   */
  appendEvent(data: Uint8Array, stream = "", options?: AppendOptions): number {
    const bytes = checkBytes("data", data);
    const name = stream === "" ? stream : checkName("a stream name", stream);
    const after = options === undefined ? undefined : checkAfter(options);
    return native(() => this.#store.appendEvent(bytes, name, after));
  }

  /** Appends events, all or none. @returns the first one's sequence @throws StorageError as {@link StorageEngine.appendEvent} */
  appendEvents(data: readonly Uint8Array[], stream = "", options?: AppendOptions): number {
    if (!Array.isArray(data)) throw invalid("events must be an array");
    const events = data.map((event) => checkBytes("an event", event));
    const name = checkName("a stream name", stream);
    return native(() => this.#store.appendEvents(events, name, checkAfter(options)));
  }

  /**
   * The events of a stream with a sequence of at least `from`, as they are at the call; `0` starts at the oldest.
   *
   * @throws StorageError `ERR_STORAGE_CORRUPT`, `_CLOSED`, `_POISONED`, `_INVALID_ARGUMENT`; while it is read too
   */
  replayEvents(from: number, options?: ReplayOptions): IterableIterator<StoredEvent> {
    const start = checkInteger("from", from, 0);
    const { stream = "", limit }: ReplayOptions = checkOptions(options, REPLAY_OPTIONS);
    const name = checkName("a stream name", stream);
    const most = checkOptionalInteger("limit", limit, 0);
    const replay = native(() => this.#store.replay(start, name, most));
    return iterateEvents(replay, native, () => this.#checkOpen());
  }

  /** Removes the events of a stream before a sequence. @returns how many they were @throws StorageError */
  prune(before: number, stream = ""): number {
    const sequence = checkInteger("before", before, 0);
    return native(() => this.#store.prune(sequence, checkName("a stream name", stream)));
  }

  /** The last sequence of a stream; 0 where it never was used. @throws StorageError */
  lastSequence(stream = ""): number {
    return native(() => this.#store.lastSequence(checkName("a stream name", stream)));
  }

  /** All streams, by name. @throws StorageError */
  streams(): StreamInfo[] {
    return native(() => this.#store.streams());
  }

  /** Forgets a stream: its events, its name and its sequence. @returns whether there was one @throws StorageError */
  deleteStream(stream: string): boolean {
    return native(() => this.#store.deleteStream(checkName("a stream name", stream)));
  }

  /**
   * Saves a version of a checkpoint; resolves when it is durable. Saves of one id keep the order of their calls.
   *
   * @throws StorageError `ERR_STORAGE_TOO_LARGE`, `_FULL`, `_POISONED`, `_CLOSED`, `_INVALID_ARGUMENT`
   */
  saveCheckpoint(id: string, data: Uint8Array, options?: SaveOptions): Promise<CheckpointInfo> {
    return nativeLater(async () => {
      const { lineage, meta, time } = checkSaveOptions(options);
      return this.#store.save(checkId(id), checkBytes("data", data), lineage, meta, time);
    });
  }

  /** The same on the spot. @throws StorageError as {@link StorageEngine.saveCheckpoint} */
  saveCheckpointSync(id: string, data: Uint8Array, options?: SaveOptions): CheckpointInfo {
    const { lineage, meta, time } = checkSaveOptions(options);
    const bytes = checkBytes("data", data);
    return native(() => this.#store.saveSync(checkId(id), bytes, lineage, meta, time));
  }

  /** The bytes of a checkpoint's newest version, or of the one that is named; `null` where there is none. @throws StorageError */
  loadCheckpoint(id: string, options?: LoadOptions): Promise<Buffer | null> {
    return nativeLater(async () => this.#store.load(checkId(id), checkVersion(options)));
  }

  /** The same on the spot. @throws StorageError */
  loadCheckpointSync(id: string, options?: LoadOptions): Buffer | null {
    return native(() => this.#store.loadSync(checkId(id), checkVersion(options)));
  }

  /** Deletes a checkpoint with all its versions; resolves when that is durable. @returns whether there was one @throws StorageError */
  deleteCheckpoint(id: string): Promise<boolean> {
    return nativeLater(async () => {
      const { deleted } = await this.#store.commit([{ kind: "delete", id: checkId(id) }]);
      return deleted[0] ?? false;
    });
  }

  /** The same on the spot. @throws StorageError */
  deleteCheckpointSync(id: string): boolean {
    const { deleted } = native(() => this.#store.commitSync([{ kind: "delete", id: checkId(id) }]));
    return deleted[0] ?? false;
  }

  /** The newest version of each id, as it is at the call. @throws StorageError; while it is read too */
  checkpoints(options?: ListOptions): IterableIterator<CheckpointInfo> {
    const listing = native(() => this.#store.checkpoints(checkListOptions(options)));
    return iterateListing(listing, () => this.#checkOpen());
  }

  /** The versions of an id that can be loaded, oldest first; the last is what a load gives. @throws StorageError */
  checkpointHistory(id: string): CheckpointInfo[] {
    return native(() => this.#store.historySync(checkId(id)));
  }

  /** Changes to be committed together. @throws StorageError `ERR_STORAGE_CLOSED` */
  batch(): Batch {
    this.#checkOpen();
    return new Batch(this.#store);
  }

  /** Resolves when everything called before is durable. @throws StorageError */
  flush(): Promise<void> {
    return nativeLater(() => this.#store.flush());
  }

  /** The same on the spot. @throws StorageError */
  flushSync(): void {
    native(() => this.#store.flushSync());
  }

  /** Merges everything into few files and gives back what is dead. @throws StorageError; the signal's reason after an abort */
  compact(options?: LongCall): Promise<CompactionReport> {
    return unlessAborted(options, (call) => this.#store.compact(call));
  }

  /** Reads and checks every live byte. @throws StorageError; the signal's reason after an abort */
  verify(options?: LongCall): Promise<VerifyReport> {
    return unlessAborted(options, (call) => this.#store.verify(call));
  }

  /**
   * Makes a consistent copy in a directory that is empty or not there yet, while writing goes on. An abort leaves nothing of the copy; one that comes when
   * the copy is complete comes too late.
   *
   * @throws StorageError `ERR_STORAGE_NOT_A_STORE` where the directory is not empty, `_INVALID_ARGUMENT` where it lies in the store's own, `_READ_ONLY`,
   * `_FULL`, `_IO`; the signal's reason after an abort
   */
  async backup(directory: string, options?: LongCall): Promise<void> {
    const path = checkPath("directory", directory);
    await longCall(options, (call) => this.#store.backup(path, call));
  }

  /** The store's figures. @throws StorageError */
  stats(): StorageStats {
    return native(() => this.#store.stats());
  }

  /**
   * Finishes every call made before, makes it durable, and gives the store back; the last handle's close gives back the lock. Closing again is no error.
   *
   * @throws StorageError `ERR_STORAGE_POISONED` where an earlier failure left something undone
   */
  close(): Promise<void> {
    this.#closed = true;
    return nativeLater(() => this.#store.close());
  }

  /** The same on the spot. @throws StorageError */
  closeSync(): void {
    this.#closed = true;
    native(() => this.#store.closeSync());
  }

  [dispose](): void {
    this.closeSync();
  }

  [asyncDispose](): Promise<void> {
    return this.close();
  }

  #checkOpen(): void {
    if (this.#closed) throw closedError(this.#directory);
  }
}

function checkVersion(given: LoadOptions | undefined): number | undefined {
  const options: LoadOptions = checkOptions(given, LOAD_OPTIONS);
  return checkOptionalInteger("version", options.version, 1);
}
