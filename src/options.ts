/**
 * How a store is used.
 *
 * Constraints: every option has a default and a range and is checked before anything is opened.
 */
import type { NativeOptions } from "./binding.js";
import { optionNames } from "./option-names.js";
import { checkBoolean, checkOptionalInteger, checkOptions, checkWord } from "./validate.js";

/** The options of one handle. */
export interface StorageEngineOptions {
  /** `"sync"`: every call is durable before it returns. Default `"background"`. */
  readonly durability?: "background" | "sync" | undefined;
  /** When the sync of what was accepted starts, at the latest, in milliseconds. Default 50, at least 1. */
  readonly syncIntervalMs?: number | undefined;
  /** Whether to make a store where there is none. Default `true`. */
  readonly createIfMissing?: boolean | undefined;
  /** The zstd level. Default 3; 1 to 19. */
  readonly compressionLevel?: number | undefined;
  /** Versions kept for one checkpoint id. Default 256, at least 1. */
  readonly historyLimit?: number | undefined;
  /** How many records a load may have to read. Default 8, at most 255; 0 stores every version whole. */
  readonly maxDeltaChain?: number | undefined;
  /** The largest event or checkpoint in bytes. Default and at most 256 MiB. */
  readonly maxRecordBytes?: number | undefined;
  /** How long opening waits while another process holds the store, in milliseconds. Default 0. */
  readonly lockTimeoutMs?: number | undefined;
  /**
   * Whether the store is only read: no byte of its directory changes, also where it was not closed, and every change is
   * `ERR_STORAGE_READ_ONLY`. Default `false`.
   */
  readonly readOnly?: boolean | undefined;
}

/** The largest record that any store takes, in bytes. */
export const MAX_RECORD_BYTES = 256 * 1024 * 1024;

const MAX_U32 = 2 ** 32 - 1;

/** The names of all of them. */
export const ENGINE_OPTIONS = optionNames<StorageEngineOptions>({
  durability: true,
  syncIntervalMs: true,
  createIfMissing: true,
  compressionLevel: true,
  historyLimit: true,
  maxDeltaChain: true,
  maxRecordBytes: true,
  lockTimeoutMs: true,
  readOnly: true,
});

/** Options as the addon takes them, of an object that has no others. @throws StorageError `ERR_STORAGE_INVALID_ARGUMENT` */
export function checkEngineOptions(given: StorageEngineOptions | undefined): NativeOptions {
  return engineOptionsIn(checkOptions(given, ENGINE_OPTIONS));
}

/** The same of an object that may have others beside them. */
export function engineOptionsIn(options: StorageEngineOptions): NativeOptions {
  const checked = {
    durability: checkWord("durability", options.durability, ["background", "sync"]),
    syncIntervalMs: checkOptionalInteger("syncIntervalMs", options.syncIntervalMs, 1),
    createIfMissing: checkBoolean("createIfMissing", options.createIfMissing),
    compressionLevel: checkOptionalInteger("compressionLevel", options.compressionLevel, 1, 19),
    historyLimit: checkOptionalInteger("historyLimit", options.historyLimit, 1, MAX_U32),
    maxDeltaChain: checkOptionalInteger("maxDeltaChain", options.maxDeltaChain, 0, 255),
    maxRecordBytes: checkOptionalInteger("maxRecordBytes", options.maxRecordBytes, 1, MAX_RECORD_BYTES),
    lockTimeoutMs: checkOptionalInteger("lockTimeoutMs", options.lockTimeoutMs, 0),
    readOnly: checkBoolean("readOnly", options.readOnly),
  };
  return Object.fromEntries(Object.entries(checked).filter(([, value]) => value !== undefined));
}
