/**
 * Listing what a filter selects, and reading no more of the store than that takes.
 *
 * Constraints: the answer is that of `listing.ts` over all checkpoints; the ten latest of ten thousand cost what ten of
 * ten do.
 *
 * The engine lists by time, ties by first save, within bounds and up to a limit, and that is what most filters ask for.
 * A status or an agent type it does not know: then more and more is asked for until enough was found. Where some
 * `createdAt` is no finite number, or the sort is by status, everything is read and sorted here.
 */
import type { NativeCheckpointInfo, NativeListOptions } from "../../binding.js";
import { TIME_OF_NO_NUMBER } from "../../stored/checkpoint.js";
import type { CheckpointFilter, CheckpointSummary } from "../../types.js";
import { limitOf, selectSummaries } from "./listing.js";

/** How many times more is asked for where too few of what was listed met the filter. */
const GROWTH = 4;

/** Beyond this a limit is none: no store has so many checkpoints. */
const MAX_LIMIT = 2 ** 31;

/** Where lists come from. */
export interface CheckpointSource {
  readonly list: (options: NativeListOptions) => Promise<readonly NativeCheckpointInfo[]>;
  /** What a list tells of one checkpoint; `undefined` where it was deleted meanwhile, or is not the drop-in's. */
  readonly summarize: (info: NativeCheckpointInfo) => Promise<CheckpointSummary | undefined>;
}

/** The summaries that `filter` selects, in its order. */
export async function listSummaries(
  source: CheckpointSource,
  filter: CheckpointFilter,
): Promise<CheckpointSummary[]> {
  if (filter.sortBy === "status" || (await hasTimeOfNoNumber(source))) {
    return selectSummaries(await summarizeAll(source, await source.list({})), filter);
  }
  return listByTime(source, filter);
}

/** Whether there are checkpoints that the order of times does not place; they would be the latest. */
async function hasTimeOfNoNumber(source: CheckpointSource): Promise<boolean> {
  const [latest] = await source.list({ orderBy: "time", reverse: true, limit: 1 });
  return latest?.time === TIME_OF_NO_NUMBER;
}

async function listByTime(source: CheckpointSource, filter: CheckpointFilter): Promise<CheckpointSummary[]> {
  const query = { orderBy: "time", reverse: filter.sortOrder !== "asc", ...boundsOf(filter) } as const;
  const wanted = Math.floor(limitOf(filter));
  for (let limit = wanted; ; limit *= GROWTH) {
    const infos = await source.list(limit < MAX_LIMIT ? { ...query, limit } : query);
    const selected = selectSummaries(await summarizeAll(source, infos), filter);
    if (selected.length >= wanted || infos.length < limit) return selected;
  }
}

/** The bounds that the engine can keep; `selectSummaries` keeps the others. */
function boundsOf({ createdAfter, createdBefore }: CheckpointFilter): { from?: number; until?: number } {
  return {
    ...(isBound(createdAfter) && { from: createdAfter }),
    ...(isBound(createdBefore) && { until: createdBefore }),
  };
}

function isBound(time: number | undefined): time is number {
  return Number.isFinite(time) && time !== 0;
}

async function summarizeAll(
  source: CheckpointSource,
  infos: readonly NativeCheckpointInfo[],
): Promise<CheckpointSummary[]> {
  const summaries: CheckpointSummary[] = [];
  for (const info of infos) {
    const summary = await source.summarize(info);
    if (summary !== undefined) summaries.push(summary);
  }
  return summaries;
}
