/**
 * The records of today's storage: one MessagePack value in each file.
 *
 * Constraint: a record is only given out when its own fields have the kinds that reading a chain relies on;
 * the checkpoint's contents are the caller's and stay as they were found.
 */
import { decode } from "../codec/index.js";
import type { Checkpoint } from "../types.js";

/** The lists that a delta gives as a whole or as what follows the base's. */
export const LIST_FIELDS = [
  "messages",
  "pendingToolCalls",
  "completedToolCalls",
  "childCheckpointIds",
] as const;

/** What became of a list. */
export interface LegacyListDelta {
  readonly mode: "append" | "replace";
  readonly items: readonly unknown[];
}

type ListField = (typeof LIST_FIELDS)[number];
type OwnField = "id" | "version" | "createdAt";

/** A checkpoint told by what differs from its base: nil is "as in the base". */
export type LegacyDelta = Pick<Checkpoint, OwnField> & {
  readonly [F in Exclude<keyof Checkpoint, ListField | OwnField>]?: Checkpoint[F] | null;
} & { readonly [F in ListField]?: LegacyListDelta | null };

/** A checkpoint as a whole, or as a delta against another. */
export type LegacyRecord =
  | { readonly kind: "full"; readonly checkpoint: Checkpoint }
  | { readonly kind: "delta"; readonly baseId: string; readonly delta: LegacyDelta };

/**
 * Reads one record; `undefined` where the value is none.
 *
 * @throws {@link MalformedError} where the bytes are not one MessagePack value
 */
export function decodeLegacyRecord(bytes: Uint8Array): LegacyRecord | undefined {
  const value = decode(bytes, { surrogateBytes: true });
  return isFull(value) || isDelta(value) ? (value as unknown as LegacyRecord) : undefined;
}

function isFull(value: unknown): value is Record<string, unknown> {
  return isRecord(value) && value["kind"] === "full" && hasId(value["checkpoint"]);
}

function isDelta(value: unknown): value is Record<string, unknown> {
  if (!isRecord(value) || value["kind"] !== "delta" || typeof value["baseId"] !== "string") return false;
  const delta = value["delta"];
  return hasId(delta) && LIST_FIELDS.every((field) => isListDelta(delta[field]));
}

function hasId(value: unknown): value is Record<string, unknown> {
  return isRecord(value) && typeof value["id"] === "string";
}

function isListDelta(value: unknown): boolean {
  if (value === undefined || value === null) return true;
  return (
    isRecord(value) &&
    (value["mode"] === "append" || value["mode"] === "replace") &&
    Array.isArray(value["items"])
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
