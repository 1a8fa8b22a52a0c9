/**
 * What the store keeps beside a checkpoint, so that a list need not load it.
 *
 * Constraints: one MessagePack map of the summary's fields but the id, of at most {@link MAX_META_BYTES}. Fields that
 * do not fit (a task of a megabyte) are left out, and `omitted` names them: whoever needs one loads the checkpoint.
 */
import { decode, encodeCopy, MalformedError } from "../codec/index.js";
import { StorageError } from "../errors.js";
import type { Checkpoint, CheckpointSummary } from "../types.js";
import { MAX_META_BYTES } from "../validate.js";

/** Seven fields of this size fit, whatever they are. */
const MAX_LARGE_FIELD_BYTES = 8 * 1024;

/** A field that a list shows. */
export type ListedField = keyof ListedFields;
type ListedFields = Omit<CheckpointSummary, "id">;

/** A meta that was read. */
export interface CheckpointMeta {
  /** What was written; those named by `omitted` are missing. */
  readonly fields: ListedFields;
  readonly omitted: readonly ListedField[];
}

/** What a list tells of `checkpoint`. */
export function summaryOf(checkpoint: Checkpoint): CheckpointSummary {
  const { id, task, agentType, status, createdAt, currentStep, maxSteps, error } = checkpoint;
  const hasError = error !== undefined && error !== null;
  return { id, task, agentType, status, createdAt, currentStep, maxSteps, hasError };
}

/**
 * The meta that makes a list tell what `summary` tells.
 *
 * @throws {@link StorageError} `ERR_STORAGE_UNSERIALIZABLE`
 */
export function encodeMeta(summary: CheckpointSummary): Buffer {
  const { task, agentType, status, createdAt, currentStep, maxSteps, hasError } = summary;
  const fields = { task, agentType, status, createdAt, currentStep, maxSteps, hasError };
  return encodeWithin(fields, MAX_META_BYTES) ?? encodeCopy(withoutLargeFields(fields));
}

/** Reads a meta; `undefined` where `bytes` hold none. */
export function decodeMeta(bytes: Uint8Array): CheckpointMeta | undefined {
  const value = decodeRecord(bytes);
  if (value === undefined) return undefined;
  const { task, agentType, status, createdAt, currentStep, maxSteps, hasError, omitted = [] } = value;
  const fields = { task, agentType, status, createdAt, currentStep, maxSteps, hasError } as ListedFields;
  return Array.isArray(omitted) ? { fields, omitted } : undefined;
}

function withoutLargeFields(fields: ListedFields): Record<string, unknown> {
  const isLarge = ([, value]: [string, unknown]): boolean =>
    encodeWithin(value, MAX_LARGE_FIELD_BYTES) === undefined;
  const large = Object.entries(fields).filter(isLarge);
  const omitted = large.map(([field]) => field);
  return { ...fields, ...Object.fromEntries(omitted.map((field) => [field, undefined])), omitted };
}

/** The encoding of `value`; `undefined` where it takes more than `maxBytes`. */
function encodeWithin(value: unknown, maxBytes: number): Buffer | undefined {
  try {
    return encodeCopy(value, maxBytes);
  } catch (error) {
    if (error instanceof StorageError && error.code === "ERR_STORAGE_TOO_LARGE") return undefined;
    throw error;
  }
}

function decodeRecord(bytes: Uint8Array): Record<string, unknown> | undefined {
  try {
    const value = decode(bytes);
    return typeof value === "object" && value !== null && "hasError" in value ? { ...value } : undefined;
  } catch (error) {
    if (error instanceof MalformedError) return undefined;
    throw error;
  }
}
