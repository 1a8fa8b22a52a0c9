/**
 * The engine under a drop-in: one lazy handle on `<rootDir>/engine`.
 *
 * Constraints:
 * - making one does no I/O, but throws where no native binary loads, because callers choose their fallback by that;
 * - a relative `rootDir` is made absolute where it is constructed, so that a later change of the working directory
 *   does not move the store;
 * - all drop-ins of one `rootDir` in a process share the engine; it is opened at the first call, given back when idle
 *   and opened again as if nothing had happened.
 */
import { join } from "node:path";
import { type NativeStore, nativeBinding } from "./binding.js";
import { checkEngineOptions, MAX_RECORD_BYTES, type StorageEngineOptions } from "./options.js";
import { checkOptionalInteger, checkOptions, checkPath } from "./validate.js";

/** The engine's directory in a `rootDir`. */
export const ENGINE_DIRECTORY = "engine";

const DEFAULT_IDLE_RELEASE_MS = 5000;

/** What every drop-in takes. */
export interface DropInOptions extends StorageEngineOptions {
  /**
   * Where the store lies, in a directory of its own called `engine`. A relative path is taken from the working
   * directory of the moment.
   */
  readonly rootDir: string;
  /**
   * After how many milliseconds without a call the lock, the files and the memory are given back, until the next call
   * takes them again. Default 5,000; 0: never.
   */
  readonly idleReleaseMs?: number;
}

/** A lazy handle, and what is needed beside it. */
export interface DropInStore {
  readonly native: NativeStore;
  /** The engine's directory. */
  readonly directory: string;
  /** The largest encoded record. */
  readonly maxRecordBytes: number;
}

/** The options of a drop-in, before it takes its own out of them. @throws {@link StorageError} `ERR_STORAGE_INVALID_ARGUMENT` */
export function checkDropInOptions<T extends DropInOptions>(options: T): T {
  checkPath("rootDir", checkOptions<DropInOptions>("options", options).rootDir);
  return options;
}

/**
 * Makes the handle; does no I/O.
 *
 * @throws {@link StorageError} `ERR_STORAGE_INVALID_ARGUMENT`, `ERR_STORAGE_UNAVAILABLE`
 */
export function openDropIn(options: DropInOptions): DropInStore {
  const { rootDir, idleReleaseMs } = options;
  const directory = join(checkPath("rootDir", rootDir), ENGINE_DIRECTORY);
  const checked = checkEngineOptions(options);
  const idleMs = checkOptionalInteger("idleReleaseMs", idleReleaseMs, 0) ?? DEFAULT_IDLE_RELEASE_MS;
  return {
    native: nativeBinding().NativeStore.lazy(directory, checked, idleMs),
    directory,
    maxRecordBytes: checked.maxRecordBytes ?? MAX_RECORD_BYTES,
  };
}
