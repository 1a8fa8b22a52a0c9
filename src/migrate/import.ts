/**
 * Takes a directory of today's storage over into the engine.
 *
 * Constraints:
 * - all or nothing: every checkpoint is saved in one batch, so that a crash, an abort or a failure before it leaves
 *   the target as it was. Their bytes are in memory together until then, twice for a moment;
 * - the source is only read; the order in which ids were first saved is that of its index, and lists tell what the
 *   index tells, which differs from the record where today's storage could not write a text unchanged;
 * - an id that the target already has is left as it is there, since what is there is newer: importing again adds
 *   nothing, and takes nothing back. Nothing else should save to the target meanwhile;
 * - what cannot be read is reported and keeps nothing else from being imported.
 */

import type { NativeOp } from "../binding.js";
import { openDropIn } from "../drop-in-store.js";
import { StorageError } from "../errors.js";
import type { LegacyIndexEntry } from "../legacy/index-file.js";
import { checkLongCall, type LongCall } from "../long-call.js";
import { nativeLater } from "../native-error.js";
import { optionNames } from "../option-names.js";
import { MAX_RECORD_BYTES } from "../options.js";
import { encodeCheckpoint } from "../stored/checkpoint.js";
import type { SkippedCheckpoint, SkippedKind } from "../types.js";
import { checkObject, checkOptionalText, checkPath } from "../validate.js";
import { type LegacyLoad, openLegacyStore } from "./legacy-reader.js";

/** Where from, and where to. */
export interface ImportOptions extends LongCall {
  /** The directory of today's storage. */
  readonly from: string;
  /** The `rootDir` of the storage that gets the checkpoints; it may be the same directory. */
  readonly rootDir: string;
  /** The name of the index in `from`. Default `index.json`. */
  readonly indexFileName?: string | undefined;
}

const IMPORT_OPTIONS = optionNames<ImportOptions>({
  from: true,
  rootDir: true,
  indexFileName: true,
  signal: true,
  onProgress: true,
});

/** What an import did. */
export interface ImportReport {
  imported: number;
  /** What was not imported, and why. */
  skipped: SkippedCheckpoint[];
  /** Bytes read from files of today's storage; a base counts each time it is read. 0 where `from` has no index. */
  bytesRead: number;
}

/**
 * Imports all checkpoints of a directory of today's storage. As for today's storage, a directory that is not there, or
 * holds nothing of it, has none: then the report's `bytesRead` is 0.
 *
 * Progress counts checkpoints that were read. An abort is heeded until the batch is handed to the engine.
 *
 * @throws {@link StorageError} `ERR_STORAGE_UNAVAILABLE`, `ERR_STORAGE_INVALID_ARGUMENT`, `ERR_STORAGE_CORRUPT` where the
 *   index cannot be read, `ERR_STORAGE_NOT_FOUND` where checkpoint files lie in `from` without an index of that name,
 *   `ERR_STORAGE_IO`, and what opening and writing can meet; the signal's reason after an abort
 */
export async function importMessagePackStore(options: ImportOptions): Promise<ImportReport> {
  const { rootDir, signal, onProgress, ...legacyOptions } = checkImportOptions(options);
  signal?.throwIfAborted();
  const { native } = openDropIn({ rootDir });
  try {
    const legacy = await openLegacyStore(legacyOptions);
    const existing = new Set((await nativeLater(() => native.list({}))).map(({ id }) => id));
    const skipped = [...legacy.rejected];
    const saves: NativeOp[] = [];
    for (const [index, entry] of legacy.entries.entries()) {
      signal?.throwIfAborted();
      onProgress?.({ done: index, total: legacy.entries.length, unit: "checkpoints" });
      const outcome = existing.has(entry.id)
        ? skip(entry, "exists", ALREADY_THERE)
        : saveOf(entry, await legacy.load(entry));
      if ("skipped" in outcome) skipped.push(outcome.skipped);
      else saves.push(outcome.save);
    }
    signal?.throwIfAborted();
    if (saves.length > 0) await nativeLater(() => native.commit(saves));
    onProgress?.({ done: legacy.entries.length, total: legacy.entries.length, unit: "checkpoints" });
    return { imported: saves.length, skipped, bytesRead: legacy.bytesRead };
  } finally {
    await nativeLater(() => native.close());
  }
}

const ALREADY_THERE = "the target has a checkpoint with this id, which was left as it is";

type Outcome = { readonly save: NativeOp } | { readonly skipped: SkippedCheckpoint };

/** The save that keeps what was loaded, or why there is none. */
function saveOf(entry: LegacyIndexEntry, loaded: LegacyLoad): Outcome {
  if ("skipped" in loaded) return loaded;
  try {
    const { id, data, lineage, meta, time } = encodeCheckpoint(loaded.checkpoint, MAX_RECORD_BYTES, entry);
    return { save: { kind: "save", id, data: Buffer.from(data), lineage, meta, time } };
  } catch (error) {
    if (error instanceof StorageError) return skip(entry, "refused", error.message);
    throw error;
  }
}

function skip({ id, fileName }: LegacyIndexEntry, kind: SkippedKind, reason: string): Outcome {
  return { skipped: { id, file: fileName, kind, reason } };
}

/** The path as it is now: a later change of the working directory does not move it. */
function checkImportOptions(options: ImportOptions): ImportOptions {
  checkObject("options", options);
  const call = checkLongCall(options, IMPORT_OPTIONS);
  const from = checkPath("from", options.from);
  checkOptionalText("indexFileName", options.indexFileName);
  return { ...options, ...call, from };
}
