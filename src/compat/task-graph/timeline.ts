/**
 * What happened when: a list of events without what they were about.
 *
 * Constraint: a filter that was misspelt must not quietly select everything.
 */
import type { NativeColumnWalk, NativeTimelineFilter } from "../../binding.js";
import type { TaskGraphEventType } from "../../types.js";
import { checkOptionalInteger, checkOptions, describe, invalid } from "../../validate.js";
import { valuesOf } from "./graph-state.js";

/** Which events a timeline lists; all conditions hold at once. */
export interface TimelineOptions {
  /** Only events behind this `sequenceId`: the last one of the page before. */
  readonly after?: number | undefined;
  /** At most so many; default 1,000. */
  readonly limit?: number | undefined;
  /** Of one of these types; an empty list matches nothing. */
  readonly types?: readonly (TaskGraphEventType | (string & {}))[] | undefined;
  /** About this node. */
  readonly nodeId?: string | undefined;
  /** The earliest `timestamp`, inclusive: a date and time in ISO 8601. The events' own are compared as the texts that they are, which is right for those of `toISOString`. */
  readonly since?: string | undefined;
  /** The first `timestamp` that is too late, likewise. */
  readonly until?: string | undefined;
  /** Of this run, as `runs` numbers them; default the current one. */
  readonly run?: number | undefined;
}

/** An event of a timeline. */
export interface TimelineEntry {
  sequenceId: number;
  type: TaskGraphEventType;
  nodeId: string;
  timestamp: string;
  /** `true` where its `idempotencyKey` came in one of the 10,000 events before it: a call that was made twice. */
  isRepeat?: true;
}

const NAMES = ["after", "limit", "types", "nodeId", "since", "until", "run"] as const;
const DEFAULT_LIMIT = 1000;

/** Options that were checked. */
export interface TimelineQuery {
  readonly after: number;
  readonly limit: number;
  readonly filter: NativeTimelineFilter;
  readonly run: number | undefined;
}

/** @throws {@link StorageError} `ERR_STORAGE_INVALID_ARGUMENT` */
export function checkTimelineOptions(options: TimelineOptions | undefined): TimelineQuery {
  const { after, limit, types, nodeId, since, until, run }: TimelineOptions = checkOptions(options, NAMES);
  const filter = {
    types: checkTypes(types),
    ...(nodeId === undefined ? {} : { nodeId: checkText("nodeId", nodeId) }),
    ...(since === undefined ? {} : { since: checkMoment("since", since) }),
    ...(until === undefined ? {} : { until: checkMoment("until", until) }),
  };
  const most = checkOptionalInteger("limit", limit, 0) ?? DEFAULT_LIMIT;
  return {
    after: checkOptionalInteger("after", after, 0) ?? 0,
    limit: types?.length === 0 ? 0 : most,
    filter,
    run: checkOptionalInteger("run", run, 1),
  };
}

/** The entries of a page. */
export function entriesOf(page: NativeColumnWalk): TimelineEntry[] {
  return valuesOf(page) as TimelineEntry[];
}

function checkTypes(types: unknown): string[] {
  if (types === undefined) return [];
  if (!Array.isArray(types)) throw invalid(`types must be a list of strings, not ${describe(types)}`);
  for (const [index, type] of types.entries()) checkText(`types[${index}]`, type);
  return types;
}

function checkText(name: string, value: unknown): string {
  if (typeof value !== "string") throw invalid(`${name} must be a string, not ${describe(value)}`);
  return value;
}

/** A moment as the events have it. */
function checkMoment(name: string, value: unknown): string {
  const time = Date.parse(checkText(name, value));
  if (Number.isNaN(time)) {
    throw invalid(
      `${name} must be a date and time such as "2026-01-31T12:00:00Z", not ${JSON.stringify(value)}`,
    );
  }
  return new Date(time).toISOString();
}
