/**
 * The delta of today's storage: what differs between two checkpoints, nil where nothing does.
 *
 * Constraint: as there, messages count as equal by `role`, `content` and `timestamp`, and a field that was unset keeps its old value.
 */
import { isDeepStrictEqual } from "node:util";

/** @typedef {import("./contract.mjs").Checkpoint} Checkpoint */
/** @typedef {{ mode: "append" | "replace", items: unknown[] }} ListDelta */
/** @typedef {{ id: string, version: number, createdAt: number } & Record<string, any>} Delta */

const VALUES = /** @type {const} */ ([
  ...[
    "task",
    "agentType",
    "agentId",
    "status",
    "currentStep",
    "maxSteps",
    "metadata",
    "error",
    "parentCheckpointId",
  ],
]);

/** @type {Record<string, (a: any, b: any) => boolean>} */
const LISTS = {
  messages: (a, b) => a.role === b.role && a.content === b.content && a.timestamp === b.timestamp,
  pendingToolCalls: isDeepStrictEqual,
  completedToolCalls: isDeepStrictEqual,
  childCheckpointIds: (a, b) => a === b,
};

/** @param {Checkpoint} base @param {Checkpoint} checkpoint @returns {Delta} */
export function deltaOf(base, checkpoint) {
  const { id, version, createdAt } = checkpoint;
  /** @type {Delta} */
  const delta = { id, version, createdAt };
  const [old, fresh] = [
    /** @type {Record<string, any>} */ (base),
    /** @type {Record<string, any>} */ (checkpoint),
  ];
  for (const field of VALUES)
    delta[field] = isDeepStrictEqual(old[field], fresh[field]) ? undefined : fresh[field];
  for (const [field, isEqual] of Object.entries(LISTS))
    delta[field] = listDelta(old[field], fresh[field], isEqual);
  return delta;
}

/** @param {unknown[]} old @param {unknown[]} fresh @param {(a: any, b: any) => boolean} isEqual @returns {ListDelta | null} */
function listDelta(old, fresh, isEqual) {
  const isPrefix = fresh.length >= old.length && old.every((item, index) => isEqual(item, fresh[index]));
  if (!isPrefix) return { mode: "replace", items: fresh };
  return fresh.length === old.length ? null : { mode: "append", items: fresh.slice(old.length) };
}

/** @param {Checkpoint} base @param {Delta} delta @returns {Checkpoint} */
export function applyDelta(base, delta) {
  const old = /** @type {Record<string, any>} */ (base);
  const { id, version, createdAt } = delta;
  const values = VALUES.map((field) => [field, delta[field] ?? old[field]]);
  const lists = Object.keys(LISTS).map((field) => [field, listAfter(old[field], delta[field])]);
  return /** @type {any} */ ({
    ...base,
    id,
    version,
    createdAt,
    ...Object.fromEntries([...values, ...lists]),
  });
}

/** @param {unknown[]} old @param {ListDelta | null} delta */
function listAfter(old, delta) {
  if (!delta) return old;
  return delta.mode === "append" ? [...old, ...delta.items] : delta.items;
}
