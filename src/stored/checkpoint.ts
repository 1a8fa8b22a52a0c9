/**
 * A checkpoint as the engine keeps it: bytes under an id, with a lineage, a time and a meta.
 *
 * Constraints: the bytes are one MessagePack value, the checkpoint itself; everything else is taken from its fields
 * and can be had from it again. Nothing of the caller's object is referred to once it was encoded.
 */
import { decode, encode, MalformedError } from "../codec/index.js";
import type { Checkpoint, CheckpointSummary } from "../types.js";
import { checkId, checkObject, isName } from "../validate.js";
import { foreignRecord } from "./foreign.js";
import type { TakenRecord } from "./landing.js";
import { encodeMeta, summaryOf } from "./meta.js";

/**
 * The time of a checkpoint whose `createdAt` is no finite number. It lies behind all others, so that one look at the
 * latest tells whether the order of times says all there is to know.
 */
export const TIME_OF_NO_NUMBER = Number.POSITIVE_INFINITY;

/** What one save hands to the engine. */
export interface StoredCheckpoint {
  readonly id: string;
  /** Good until the next value is encoded. */
  readonly data: Buffer;
  /** Checkpoints of one agent resemble each other, so they are compressed against each other. */
  readonly lineage: string;
  readonly meta: Buffer;
  readonly time: number;
}

/**
 * Encodes `checkpoint`.
 *
 * @param maxBytes - the largest encoding that is accepted
 * @param listedAs - what lists tell of it, where that is not what its own fields say
 * @throws {@link StorageError} `ERR_STORAGE_INVALID_ARGUMENT`, `ERR_STORAGE_UNSERIALIZABLE`, `ERR_STORAGE_TOO_LARGE`
 */
export function encodeCheckpoint(
  checkpoint: Checkpoint,
  maxBytes: number,
  listedAs?: CheckpointSummary,
): StoredCheckpoint {
  checkObject("a checkpoint", checkpoint);
  const id = checkId(checkpoint.id);
  const { agentId } = checkpoint;
  const summary = listedAs ?? summaryOf(checkpoint);
  const { createdAt } = summary;
  const meta = encodeMeta(summary);
  const lineage = typeof agentId === "string" && isName(agentId) ? agentId : "";
  const time = Number.isFinite(createdAt) ? createdAt : TIME_OF_NO_NUMBER;
  return { id, data: encode(checkpoint, maxBytes), lineage, meta, time };
}

/**
 * Decodes a checkpoint, fresh and the caller's to change.
 *
 * @param path - the store's directory, for the error
 * @throws {@link StorageError} `ERR_STORAGE_UNSUPPORTED_FORMAT` where the bytes were not written by {@link encodeCheckpoint}
 */
export function decodeCheckpoint(record: TakenRecord, id: string, path: string): Checkpoint {
  const value = decodeOrNothing(record);
  if (typeof value === "object" && value !== null && (value as Checkpoint).id === id) {
    return value as Checkpoint;
  }
  const advice =
    "load it with StorageEngine, which saved it, and give raw bytes an id or a directory of their own";
  throw foreignRecord(`the checkpoint ${JSON.stringify(id)}`, advice, path);
}

function decodeOrNothing({ bytes, texts }: TakenRecord): unknown {
  try {
    return decode(bytes, { texts });
  } catch (error) {
    if (error instanceof MalformedError) return undefined;
    throw error;
  }
}
