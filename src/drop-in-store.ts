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
import { nearestName } from "./option-names.js";
import { ENGINE_OPTIONS, engineOptionsIn, MAX_RECORD_BYTES, type StorageEngineOptions } from "./options.js";
import { checkObject, checkOptionalInteger, checkPath, unknownOption } from "./validate.js";

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
  readonly idleReleaseMs?: number | undefined;
}

/** A lazy handle, and what is needed beside it. */
export interface DropInStore {
  readonly native: NativeStore;
  /** The engine's directory. */
  readonly directory: string;
  /** The largest encoded record. */
  readonly maxRecordBytes: number;
}

/** The options that today's storage does not have: a name near to one of them was meant for us. */
const OURS = [...ENGINE_OPTIONS, "idleReleaseMs"].filter((name) => name !== "maxDeltaChain");

/**
 * The options of a drop-in, before it takes its own out of them. Names that it does not know are ignored, as by today's
 * storage, but for those that are one of ours misspelt: a slip in `durability` must not lose a guarantee in silence.
 *
 * @throws {@link StorageError} `ERR_STORAGE_INVALID_ARGUMENT`
 */
export function checkDropInOptions<T extends DropInOptions>(given: T): T {
  checkObject("options", given);
  for (const name of Object.keys(given)) {
    if (!OURS.includes(name) && nearestName(name, OURS) !== undefined) throw unknownOption(name, OURS);
  }
  return given;
}

/**
 * Makes the handle; does no I/O.
 *
 * @throws {@link StorageError} `ERR_STORAGE_INVALID_ARGUMENT`, `ERR_STORAGE_UNAVAILABLE`
 */
export function openDropIn(options: DropInOptions): DropInStore {
  const { rootDir, idleReleaseMs } = options;
  const directory = join(checkPath("rootDir", rootDir), ENGINE_DIRECTORY);
  const checked = engineOptionsIn(options);
  const idleMs = checkOptionalInteger("idleReleaseMs", idleReleaseMs, 0) ?? DEFAULT_IDLE_RELEASE_MS;
  return {
    native: nativeBinding().NativeStore.lazy(directory, checked, idleMs),
    directory,
    maxRecordBytes: checked.maxRecordBytes ?? MAX_RECORD_BYTES,
  };
}
