/**
 * A base and a delta to the checkpoint that today's storage answers for them.
 *
 * Constraint: the result is what that storage gives, field for field and in its order. So an optional field
 * that neither side has is there with the value `undefined`, one that was unset keeps the base's value, and
 * fields that a checkpoint's type does not name are not taken over: a delta never tells whether they changed.
 */
import type { Checkpoint } from "../types.js";
import type { LegacyDelta, LegacyListDelta } from "./record.js";

/** The checkpoint that `delta` makes of `base`; `undefined` where a list to append to is none. */
export function applyLegacyDelta(base: Checkpoint, delta: LegacyDelta): Checkpoint | undefined {
  const messages = applyList(base.messages, delta.messages);
  const pendingToolCalls = applyList(base.pendingToolCalls, delta.pendingToolCalls);
  const completedToolCalls = applyList(base.completedToolCalls, delta.completedToolCalls);
  const childCheckpointIds = applyList(base.childCheckpointIds, delta.childCheckpointIds);
  if (!messages || !pendingToolCalls || !completedToolCalls || !childCheckpointIds) return undefined;
  const checkpoint = {
    id: delta.id,
    version: delta.version,
    createdAt: delta.createdAt,
    task: delta.task ?? base.task,
    agentType: delta.agentType ?? base.agentType,
    agentId: delta.agentId ?? base.agentId,
    status: delta.status ?? base.status,
    messages,
    pendingToolCalls,
    completedToolCalls,
    currentStep: delta.currentStep ?? base.currentStep,
    maxSteps: delta.maxSteps ?? base.maxSteps,
    metadata: delta.metadata ?? base.metadata,
    error: delta.error ?? base.error,
    parentCheckpointId: delta.parentCheckpointId ?? base.parentCheckpointId,
    childCheckpointIds,
  };
  return checkpoint as Checkpoint;
}

function applyList<T>(base: T[], delta: LegacyListDelta | null | undefined): T[] | undefined {
  if (delta === undefined || delta === null) return base;
  const items = delta.items as T[];
  if (delta.mode === "replace") return items;
  return Array.isArray(base) ? base.concat(items) : undefined;
}
