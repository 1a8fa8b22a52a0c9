/**
 * The run table as an internal record of the engine, which never shows among the user's data.
 *
 * Constraint: the record is one MessagePack list of segments, each `[leastId, from, until]`; the last one is open and has
 * no `until`. Anything else is damage.
 */
import { createHash } from "node:crypto";
import { decode, encodeCopy, MalformedError } from "../codec/index.js";
import { StorageError } from "../errors.js";
import { MAX_NAME_BYTES } from "../validate.js";
import type { RunTable, Segment } from "./runs.js";

const KEY_PREFIX = "task-graph-runs/";

/** What stands before the hash of a stream's name that is too long for a key. No name can be mistaken for it. */
const HASHED_KEY_PREFIX = "task-graph-runs#";

/** The key of the table of `stream`, of at most as many bytes as a name. */
export function runTableKey(stream: string): Buffer {
  const key = Buffer.from(KEY_PREFIX + stream);
  if (key.length <= MAX_NAME_BYTES) return key;
  return Buffer.from(HASHED_KEY_PREFIX + createHash("sha256").update(stream).digest("hex"));
}

/** The record of `table`. */
export function encodeRunTable(table: RunTable): Buffer {
  const rows = table.map(({ leastId, from, until }) =>
    until === Number.POSITIVE_INFINITY ? [leastId, from] : [leastId, from, until],
  );
  return encodeCopy(rows);
}

/**
 * Reads a record.
 *
 * @param path - the store's directory, for the error
 * @throws {@link StorageError} `ERR_STORAGE_CORRUPT`
 */
export function decodeRunTable(bytes: Uint8Array, path: string): RunTable {
  const rows = decodeRows(bytes);
  const table = rows?.map(([leastId, from, until = Number.POSITIVE_INFINITY]) => ({ leastId, from, until }));
  if (table !== undefined && isRunTable(table)) return table as RunTable;
  throw new StorageError("ERR_STORAGE_CORRUPT", "the run table of the task graph is damaged", {
    path,
    offset: 0,
  });
}

function decodeRows(bytes: Uint8Array): unknown[][] | undefined {
  try {
    const rows = decode(bytes);
    return Array.isArray(rows) && rows.every(Array.isArray) ? rows : undefined;
  } catch (error) {
    if (error instanceof MalformedError) return undefined;
    throw error;
  }
}

type Unchecked = { readonly [F in keyof Segment]: unknown };

/** Whether the segments follow each other, and the last one alone is open. */
function isRunTable(table: readonly Unchecked[]): boolean {
  let end = 1;
  for (const [index, { leastId, from, until }] of table.entries()) {
    const isLast = index === table.length - 1;
    if (!isPlace(leastId) || !isPlace(from) || from < end) return false;
    if (isLast) return until === Number.POSITIVE_INFINITY;
    if (!isPlace(until) || until <= from) return false;
    end = until;
  }
  return false;
}

function isPlace(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 1;
}
