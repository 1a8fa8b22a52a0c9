/**
 * How a store is used.
 *
 * Constraints: every option has a default and a range and is checked before anything is opened.
 */
import { checkBoolean, checkOptionalInteger, checkOptions, checkWord } from "./validate.js";

/** The options of one handle. */
export interface StorageEngineOptions {
  /** `"sync"`: every call is durable before it returns. Default `"background"`. */
  readonly durability?: "background" | "sync";
  /** When the sync of what was accepted starts, at the latest, in milliseconds. Default 50, at least 1. */
  readonly syncIntervalMs?: number;
  /** Whether to make a store where there is none. Default `true`. */
  readonly createIfMissing?: boolean;
  /** The zstd level. Default 3; 1 to 19. */
  readonly compressionLevel?: number;
  /** Versions kept for one checkpoint id. Default 256, at least 1. */
  readonly historyLimit?: number;
  /** How many records a load may have to read. Default 8, at most 255; 0 stores every version whole. */
  readonly maxDeltaChain?: number;
  /** The largest event or checkpoint in bytes. Default and at most 256 MiB. */
  readonly maxRecordBytes?: number;
  /** How long opening waits while another process holds the store, in milliseconds. Default 0. */
  readonly lockTimeoutMs?: number;
  /**
   * Whether the store is only read: no byte of its directory changes, also where it was not closed, and every change is
   * `ERR_STORAGE_READ_ONLY`. Default `false`.
   */
  readonly readOnly?: boolean;
}

/** The largest record that any store takes, in bytes. */
export const MAX_RECORD_BYTES = 256 * 1024 * 1024;

const MAX_U32 = 2 ** 32 - 1;

/** Options as the addon takes them. @throws StorageError `ERR_STORAGE_INVALID_ARGUMENT` */
export function checkEngineOptions(given: StorageEngineOptions | undefined): StorageEngineOptions {
  const options: StorageEngineOptions = checkOptions("options", given);
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
