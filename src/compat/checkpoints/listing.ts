/**
 * Which checkpoints a filter selects, and in which order, as callers of today's storage expect it.
 *
 * Constraints: summaries come in by the order in which their ids were first saved. Those that tie in a sort
 * keep that order, ascending and descending. A `limit`, `createdAfter`, `createdBefore` of 0 and an empty
 * `agentType` count as absent; an empty list of statuses matches nothing. Nothing is changed in place.
 */
import type { CheckpointFilter, CheckpointSummary } from "../../types.js";

/** The summaries that `filter` selects, sorted and limited. */
export function selectSummaries(
  inFirstSavedOrder: readonly CheckpointSummary[],
  filter: CheckpointFilter = {},
): CheckpointSummary[] {
  const selected = inFirstSavedOrder.filter((summary) => matchesFilter(summary, filter));
  return selected.sort(comparatorOf(filter)).slice(0, limitOf(filter));
}

/** Whether `summary` meets all conditions of `filter`. */
export function matchesFilter(summary: CheckpointSummary, filter: CheckpointFilter): boolean {
  const { status, agentType, createdAfter, createdBefore } = filter;
  return (
    (!status || [status].flat().includes(summary.status)) &&
    (!agentType || summary.agentType === agentType) &&
    (!createdAfter || summary.createdAt >= createdAfter) &&
    (!createdBefore || summary.createdAt <= createdBefore)
  );
}

/** How many summaries `filter` wants at most; `Infinity` where it sets no limit. */
export function limitOf(filter: CheckpointFilter): number {
  return filter.limit && filter.limit > 0 ? filter.limit : Number.POSITIVE_INFINITY;
}

/** A comparison for a stable sort; ties are 0 in both directions. */
function comparatorOf(filter: CheckpointFilter): (a: CheckpointSummary, b: CheckpointSummary) => number {
  const sign = filter.sortOrder === "asc" ? 1 : -1;
  if (filter.sortBy === "status") return (a, b) => sign * compareText(a.status, b.status);
  return (a, b) => sign * (a.createdAt - b.createdAt);
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
