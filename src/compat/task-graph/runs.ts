/**
 * Which of a stream's events make up the current run of a task graph, and where an event with a given `sequenceId` lies.
 *
 * Constraints:
 * - the engine numbers events without holes and for ever (`sequence`); a graph numbers its own (`sequenceId`), begins
 *   anew after a restart, steps back where it was restored from an older snapshot, and jumps where events were lost;
 * - a run is a list of segments, each a stretch of consecutive sequences in which `sequenceId`s ascend, and they ascend
 *   from each segment to the next; events outside the segments are superseded;
 * - nothing here reads or writes: where an event's own `sequenceId` decides, it is asked for.
 *
 * Only stepping back begins a run: it cuts off what is superseded and opens a segment. A restart is a step back
 * to before the first event. An event that follows the last one, with or without a gap, goes to the open segment. What was cut off is noted with the new run, so
 * that the one before can be put together again.
 */

/** A stretch of one run. */
export interface Segment {
  /** No event here has a smaller `sequenceId`; an event `n` places on has one of at least `leastId + n`. */
  readonly leastId: number;
  /** The sequence of the first event. */
  readonly from: number;
  /** The sequence behind the last event; `Infinity` for the segment that is appended to. */
  readonly until: number;
}

/** The current run. */
export interface RunTable {
  /** The engine's number of the stream. One that is deleted and made anew has another. */
  readonly stream: number;
  /** Which one it is of the stream's, from 1. */
  readonly number: number;
  /** The oldest one of which there may be events. */
  readonly oldest: number;
  /** Its segments, in order. Only the last one is open, and there always is one. */
  readonly segments: readonly Segment[];
}

/** How a run began. */
export interface RunStart {
  /** The sequence of its first event. */
  readonly from: number;
  /** The run whose own event is the last one that it takes over; 0 where there is none, or where that run was pruned already. */
  readonly parent: number;
  /** What the events that it takes over have at most as `sequenceId`; 0 where there are none. */
  readonly forkedAt: number;
  /** What of the run before, the one with a number smaller by 1, is no part of it: segments, none of them open. */
  readonly superseded: readonly Segment[];
}

/** An event by its place in the stream and in the graph. */
export interface Place {
  readonly sequence: number;
  readonly id: number;
}

/** The first event with a sequence of `[from, until)` that can be read: others may be pruned, lost, or damaged. */
export type NextPlace = (from: number, until: number) => Place | undefined;

/** The table of a stream that never had one: all its events are of one run. */
export function firstRun(stream: number): RunTable {
  const segments = [{ leastId: 1, from: 1, until: Number.POSITIVE_INFINITY }];
  return { stream, number: 1, oldest: 1, segments };
}

/** The first run, which no event began by stepping back. */
export const FIRST_START: RunStart = { from: 1, parent: 0, forkedAt: 0, superseded: [] };

/** The last segment of a run: of the current one, that which is appended to. */
export function lastSegment(segments: readonly Segment[]): Segment {
  const last = segments.at(-1);
  if (last === undefined) throw new RangeError("a run has no segment");
  return last;
}

/** The parts of segments that lie within the sequences from `from` to before `until`; empty parts are left out. */
export function within(segments: readonly Segment[], from: number, until: number): Segment[] {
  const parts = segments.map((segment) => ({
    leastId: segment.leastId + Math.max(0, from - segment.from),
    from: Math.max(segment.from, from),
    until: Math.min(segment.until, until),
  }));
  return parts.filter((part) => part.from < part.until);
}

/** How many events `segments`, none of them open, hold. */
export function countEvents(segments: readonly Segment[]): number {
  return segments.reduce((sum, { from, until }) => sum + until - from, 0);
}

/**
 * The sequence of the first event in `segments`, none of them open or empty, whose `sequenceId` is at least `id`;
 * `undefined` where all are smaller. Where events before it cannot be read, that of the first of those, which may have as large a one.
 */
export function findSequence(segments: readonly Segment[], id: number, next: NextPlace): number | undefined {
  const behind = segments.findIndex((segment) => segment.leastId > id);
  const index = Math.max(0, (behind < 0 ? segments.length : behind) - 1);
  const segment = segments[index];
  if (segment === undefined) return undefined;
  const sequence = findWithin(segment, id, next);
  return sequence < segment.until ? sequence : segments[index + 1]?.from;
}

/**
 * The first sequence of `segment` with a `sequenceId` of at least `id`, or the one behind it. Where the segment has no
 * gap, the bound is the answer, and one event is read to know it.
 */
function findWithin(segment: Segment, id: number, next: NextPlace): number {
  let low = segment.from;
  let high = Math.min(segment.until, Math.max(low, low + id - segment.leastId));
  let middle = high - 1;
  while (low < high) {
    const place = next(middle, high);
    if (place !== undefined && place.id < id) low = place.sequence + 1;
    else high = middle;
    middle = low + Math.floor((high - low) / 2);
  }
  return low;
}

/**
 * The table once an event with `sequenceId` `id` steps back.
 *
 * @param cut - the sequence of the first event that is superseded, as are all of the run behind it
 * @param sequence - where the event itself goes
 */
export function steppedBack(table: RunTable, cut: number, id: number, sequence: number): RunTable {
  const open = { leastId: id, from: sequence, until: Number.POSITIVE_INFINITY };
  return { ...table, number: table.number + 1, segments: [...within(table.segments, 0, cut), open] };
}

/**
 * The segments of the run before one with `segments` that began so. Where a segment was cut in two it becomes one again: the `leastId` of its second part is only a bound, from which
 * nothing can be told of the part before it.
 */
export function runBefore(segments: readonly Segment[], { from, superseded }: RunStart): Segment[] {
  const taken = within(segments, 0, from);
  const [cut, ...rest] = superseded;
  const last = taken.at(-1);
  if (cut === undefined || last === undefined || last.until !== cut.from) return [...taken, ...superseded];
  return [...taken.slice(0, -1), { ...last, until: cut.until }, ...rest];
}

/**
 * The table without what is of no use any more: the segments before that of the event `state`, after which a state is kept that stands for all
 * of them, and the runs before `oldest`.
 */
export function withoutPruned(table: RunTable, state: number, oldest: number): RunTable {
  return { ...table, oldest, segments: table.segments.filter((segment) => segment.until > state) };
}

/** The table once every event is gone: the run goes on behind `lastId`. */
export function prunedWhole(table: RunTable, lastId: number, lastSequence: number): RunTable {
  const open = {
    leastId: Math.min(lastId + 1, Number.MAX_SAFE_INTEGER),
    from: lastSequence + 1,
    until: Number.POSITIVE_INFINITY,
  };
  return { ...table, segments: [...within(table.segments, 0, lastSequence + 1), open] };
}

/** The segments as the addon takes them: pairs of the first sequence and the one behind the last. */
export function pairsOf(segments: readonly Segment[]): Float64Array {
  const end = (until: number): number => Math.min(until, Number.MAX_SAFE_INTEGER);
  return Float64Array.from(segments.flatMap(({ from, until }) => [from, end(until)]));
}
