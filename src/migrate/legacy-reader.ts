/**
 * Reads a directory of today's storage without changing a byte of it.
 *
 * Constraints: what is read is what that storage answers, except where it answers with an error or `null`;
 * that becomes a reason. A checkpoint that cannot be read never keeps others from being read. A failure of
 * the operating system is no damage: it is thrown, so that nothing is taken for lost that is only out of reach.
 */
import { lstat, readdir, readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { MalformedError } from "../codec/index.js";
import { StorageError } from "../errors.js";
import { ioError, systemCode } from "../io-error.js";
import { applyLegacyDelta } from "../legacy/delta.js";
import {
  DEFAULT_INDEX_FILE_NAME,
  type LegacyIndex,
  type LegacyIndexEntry,
  parseLegacyIndex,
} from "../legacy/index-file.js";
import { decodeLegacyRecord, type LegacyDelta, type LegacyRecord } from "../legacy/record.js";
import type { Checkpoint, SkippedCheckpoint, SkippedKind } from "../types.js";

/** What today's storage calls the file of a checkpoint. */
const RECORD_FILE = /\.(full|delta)\.msgpack$/;

/** Where the directory is. */
export interface LegacyStoreOptions {
  readonly from: string;
  /** Default `index.json`. */
  readonly indexFileName?: string | undefined;
}

/** A checkpoint, or why there is none. */
export type LegacyLoad = { readonly checkpoint: Checkpoint } | { readonly skipped: SkippedCheckpoint };

/**
 * Opens a directory of today's storage; one that is not there, or holds nothing of it, is empty.
 *
 * @throws {@link StorageError} `ERR_STORAGE_CORRUPT` where the index cannot be read, `ERR_STORAGE_NOT_FOUND` where
 *   checkpoint files have no index of that name, `ERR_STORAGE_IO`
 */
export async function openLegacyStore(options: LegacyStoreOptions): Promise<LegacyStore> {
  const directory = resolve(options.from);
  const path = join(directory, options.indexFileName ?? DEFAULT_INDEX_FILE_NAME);
  const bytes = await readIfThere(path);
  if (bytes === undefined) {
    if (await holdsRecords(directory)) throw indexMissing(path);
    return new LegacyStore(directory, { entries: [], rejected: [] }, 0);
  }
  const index = parseLegacyIndex(bytes.toString("utf8"));
  if (index === undefined) {
    throw new StorageError("ERR_STORAGE_CORRUPT", `${path} is not an index of checkpoints`, {
      path,
      offset: 0,
    });
  }
  return new LegacyStore(directory, index, bytes.length);
}

/** An opened directory. It holds no descriptor, so there is nothing to close. */
export class LegacyStore {
  /** In the order in which the ids were first saved. */
  readonly entries: readonly LegacyIndexEntry[];
  /** Entries of the index that name no file which could be read. */
  readonly rejected: readonly SkippedCheckpoint[];
  readonly #directory: string;
  readonly #byId: ReadonlyMap<string, LegacyIndexEntry>;
  #bytesRead: number;

  /** Use {@link openLegacyStore}. */
  constructor(directory: string, index: LegacyIndex, bytesRead: number) {
    this.entries = index.entries;
    this.rejected = index.rejected;
    this.#directory = directory;
    this.#byId = new Map(index.entries.map((entry) => [entry.id, entry]));
    this.#bytesRead = bytesRead;
  }

  /** Bytes read from files so far; a base counts each time it is read. */
  get bytesRead(): number {
    return this.#bytesRead;
  }

  /**
   * Reads one checkpoint, fresh and the caller's to change.
   *
   * @throws {@link StorageError} `ERR_STORAGE_IO`
   */
  async load(entry: LegacyIndexEntry): Promise<LegacyLoad> {
    try {
      return { checkpoint: await this.#loadChain(entry) };
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      return { skipped: { id: entry.id, file: entry.fileName, kind: error.kind, reason: error.message } };
    }
  }

  /** Walks from `entry` down to a full record, then applies the deltas upwards. */
  async #loadChain(entry: LegacyIndexEntry): Promise<Checkpoint> {
    const deltas: LegacyDelta[] = [];
    const visited = new Set([entry.id]);
    let record = await this.#readRecord(entry);
    while (record.kind === "delta") {
      deltas.push(record.delta);
      const base = this.#byId.get(record.baseId);
      if (base === undefined) throw new Unreadable("missing", `its base ${quote(record.baseId)} is missing`);
      if (visited.has(base.id)) throw new Unreadable("damaged", "its bases form a circle");
      visited.add(base.id);
      record = await this.#readBase(base);
    }
    return deltas.reduceRight(applyOrThrow, record.checkpoint);
  }

  async #readBase(base: LegacyIndexEntry): Promise<LegacyRecord> {
    try {
      return await this.#readRecord(base);
    } catch (error) {
      throw error instanceof Unreadable
        ? new Unreadable(error.kind, `its base ${quote(base.id)}: ${error.message}`)
        : error;
    }
  }

  async #readRecord(entry: LegacyIndexEntry): Promise<LegacyRecord> {
    const bytes = await readRegularFile(join(this.#directory, entry.fileName));
    this.#bytesRead += bytes.length;
    const record = decodeOrThrow(bytes);
    const { id } = record.kind === "full" ? record.checkpoint : record.delta;
    if (id !== entry.id) throw new Unreadable("damaged", `the file holds another checkpoint, ${quote(id)}`);
    return record;
  }
}

/** Thrown inside the reader where a checkpoint cannot be had for good. */
class Unreadable extends Error {
  constructor(
    readonly kind: SkippedKind,
    reason: string,
  ) {
    super(reason);
  }
}

function applyOrThrow(base: Checkpoint, delta: LegacyDelta): Checkpoint {
  const checkpoint = applyLegacyDelta(base, delta);
  if (checkpoint === undefined) throw new Unreadable("damaged", "the delta does not fit its base");
  return checkpoint;
}

function decodeOrThrow(bytes: Buffer): LegacyRecord {
  try {
    const record = decodeLegacyRecord(bytes);
    if (record !== undefined) return record;
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
    throw new Unreadable("damaged", `the file is damaged: ${error.message}`);
  }
  throw new Unreadable("damaged", "the file holds no checkpoint record");
}

/** A name in an index may belong to a pipe, which would never end, or to a link out of the directory. */
async function readRegularFile(path: string): Promise<Buffer> {
  try {
    const stat = await lstat(path);
    if (!stat.isFile()) throw new Unreadable("damaged", "it is not a regular file");
    return await readFile(path);
  } catch (error) {
    if (error instanceof Unreadable) throw error;
    if (isAbsence(error)) throw new Unreadable("missing", "the file is missing");
    throw ioError(error, path);
  }
}

async function readIfThere(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if (isAbsence(error)) return undefined;
    throw ioError(error, path);
  }
}

/** Whether a directory without an index holds checkpoints that nobody would miss in silence. */
async function holdsRecords(directory: string): Promise<boolean> {
  try {
    return (await readdir(directory)).some((name) => RECORD_FILE.test(name));
  } catch (error) {
    if (isAbsence(error)) return false;
    throw ioError(error, directory);
  }
}

function indexMissing(path: string): StorageError {
  const message = `there is no ${path}, although checkpoint files lie beside it: give the index's name as indexFileName`;
  return new StorageError("ERR_STORAGE_NOT_FOUND", message, { path });
}

/** No file can have a name that is too long. */
function isAbsence(error: unknown): boolean {
  const code = systemCode(error);
  return code === "ENOENT" || code === "ENAMETOOLONG";
}

function quote(id: string): string {
  return JSON.stringify(id);
}
