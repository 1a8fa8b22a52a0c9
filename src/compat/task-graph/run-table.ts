/**
 * The run table, and how each run began, as internal records of the engine, which never show among the user's data.
 *
 * Constraints: each record is one MessagePack list. The table is the stream's number, the run's, the oldest run's, and a list of segments; the beginning of a run is the sequence of its first
 * event, its parent's number, the `sequenceId` at which it goes on from that, and the segments that it superseded. A segment is `[leastId, from, until]`; the table's last one is open
 * and has no `until`. Anything else is damage.
 */
import { createHash } from "node:crypto";
import { decode, encodeCopy, MalformedError } from "../../codec/index.js";
import { StorageError } from "../../errors.js";
import { MAX_NAME_BYTES } from "../../validate.js";
import type { RunStart, RunTable, Segment } from "./runs.js";

const TABLE_KEY = "task-graph-runs";
const START_KEY = "task-graph-run-";

/** The key of the table of `stream`, of at most as many bytes as a name. */
export function runTableKey(stream: string): Buffer {
  return keyOf(TABLE_KEY, stream);
}

/** The key of what tells how the run `number` of `stream` began. */
export function runStartKey(stream: string, number: number): Buffer {
  return keyOf(START_KEY + number, stream);
}

/** No name can be mistaken for the hash of another one, which is too long for a key. */
function keyOf(what: string, stream: string): Buffer {
  const key = Buffer.from(`${what}/${stream}`);
  if (key.length <= MAX_NAME_BYTES) return key;
  return Buffer.from(`${what}#${createHash("sha256").update(stream).digest("hex")}`);
}

/** The record of `table`. */
export function encodeRunTable({ stream, number, oldest, segments }: RunTable): Buffer {
  return encodeCopy([stream, number, oldest, segments.map(rowOf)]);
}

/** The record of a run's beginning. */
export function encodeRunStart({ from, parent, forkedAt, superseded }: RunStart): Buffer {
  return encodeCopy([from, parent, forkedAt, superseded.map(rowOf)]);
}

/**
 * Reads a table.
 *
 * @param path - the store's directory, for the error
 * @throws {@link StorageError} `ERR_STORAGE_CORRUPT`
 */
export function decodeRunTable(bytes: Uint8Array, path: string): RunTable {
  const [stream, number, oldest, rows, ...rest] = decodeList(bytes);
  const segments = segmentsOf(rows);
  const isSound = isPlaceOr0(stream) && isPlace(number) && isPlace(oldest) && oldest <= number;
  if (!isSound || rest.length > 0 || segments?.at(-1)?.until !== Number.POSITIVE_INFINITY)
    throw damagedRuns(path);
  return { stream, number, oldest, segments };
}

/** Reads how a run began. @throws {@link StorageError} `ERR_STORAGE_CORRUPT` */
export function decodeRunStart(bytes: Uint8Array, path: string): RunStart {
  const [from, parent, forkedAt, rows, ...rest] = decodeList(bytes);
  const superseded = segmentsOf(rows);
  const isSound = isPlace(from) && isPlaceOr0(parent) && isPlaceOr0(forkedAt) && rest.length === 0;
  if (!isSound || superseded === undefined || superseded.some(({ until }) => until > from))
    throw damagedRuns(path);
  return { from, parent, forkedAt, superseded };
}

/** What is told where the records of the runs are not what was written. */
function damagedRuns(path: string): StorageError {
  return new StorageError("ERR_STORAGE_CORRUPT", "the run table of the task graph is damaged", {
    path,
    offset: 0,
  });
}

function rowOf({ leastId, from, until }: Segment): number[] {
  return until === Number.POSITIVE_INFINITY ? [leastId, from] : [leastId, from, until];
}

/** The list that a record is; an empty one where it is none. */
function decodeList(bytes: Uint8Array): unknown[] {
  try {
    const list = decode(bytes);
    return Array.isArray(list) ? list : [];
  } catch (error) {
    if (error instanceof MalformedError) return [];
    throw error;
  }
}

/** The segments that rows are; `undefined` unless they follow each other, and none but the last one is open. */
function segmentsOf(rows: unknown): Segment[] | undefined {
  if (!Array.isArray(rows) || !rows.every(Array.isArray)) return undefined;
  const segments: Segment[] = [];
  let end = 1;
  for (const [leastId, from, until = Number.POSITIVE_INFINITY] of rows) {
    if (!isPlace(leastId) || !isPlace(from) || from < end) return undefined;
    if (until !== Number.POSITIVE_INFINITY && !(isPlace(until) && until > from)) return undefined;
    segments.push({ leastId, from, until });
    end = until;
  }
  return segments;
}

function isPlace(value: unknown): value is number {
  return isPlaceOr0(value) && value !== 0;
}

function isPlaceOr0(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
