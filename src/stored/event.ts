/**
 * A task graph's event as the engine keeps it: one MessagePack value.
 *
 * Constraint: only what the log itself relies on is checked; everything else is the caller's and kept as it is.
 */
import { decode, encode, MalformedError } from "../codec/index.js";
import type { TaskGraphEvent } from "../types.js";
import { checkObject, describe, invalid } from "../validate.js";

const TEXT_FIELDS = ["id", "type", "nodeId"] as const;

/**
 * Encodes `event` into bytes that are good until the next value is encoded.
 *
 * @param maxBytes - the largest encoding that is accepted
 * @throws {@link StorageError} `ERR_STORAGE_INVALID_ARGUMENT`, `ERR_STORAGE_UNSERIALIZABLE`, `ERR_STORAGE_TOO_LARGE`
 */
export function encodeEvent(event: TaskGraphEvent, maxBytes: number): Buffer {
  checkObject("an event", event);
  for (const field of TEXT_FIELDS) {
    if (typeof event[field] !== "string") {
      throw invalid(`${field} of an event must be a string, not ${describe(event[field])}`);
    }
  }
  if (!isSequenceId(event.sequenceId)) {
    throw invalid(`sequenceId of an event must be an integer from 1 on, not ${describe(event.sequenceId)}`);
  }
  return encode(event, maxBytes);
}

/**
 * Decodes an event, fresh and the caller's to change; `undefined` where the bytes were not written by
 * {@link encodeEvent}.
 */
export function decodeEvent(bytes: Uint8Array): TaskGraphEvent | undefined {
  try {
    const value = decode(bytes);
    return isEvent(value) ? value : undefined;
  } catch (error) {
    if (error instanceof MalformedError) return undefined;
    throw error;
  }
}

/** Whether a decoded value is an event. */
export function isEvent(value: unknown): value is TaskGraphEvent {
  return typeof value === "object" && value !== null && isSequenceId((value as TaskGraphEvent).sequenceId);
}

function isSequenceId(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 1;
}
