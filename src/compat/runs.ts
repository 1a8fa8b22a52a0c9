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
 * Only stepping back changes the table: it cuts off what is superseded and opens a segment. A restart is a step back
 * to before the first event. An event that follows the last one, with or without a gap, goes to the open segment.
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

/** The segments of the current run, in order. Only the last one is open, and there always is one. */
export type RunTable = readonly Segment[];

/** The `sequenceId` of the event at a sequence; `undefined` where it was pruned. */
export type SequenceIdAt = (sequence: number) => number | undefined;

/** The table of a stream that never had one: all its events are of one run. */
export const FIRST_RUN: RunTable = [{ leastId: 1, from: 1, until: Number.POSITIVE_INFINITY }];

/** The segment that is appended to. */
export function openSegment(table: RunTable): Segment {
  const open = table.at(-1);
  if (open === undefined) throw new RangeError("a run table has no segment");
  return open;
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
 * `undefined` where all are smaller.
 */
export function findSequence(
  segments: readonly Segment[],
  id: number,
  idAt: SequenceIdAt,
): number | undefined {
  const behind = segments.findIndex((segment) => segment.leastId > id);
  const index = Math.max(0, (behind < 0 ? segments.length : behind) - 1);
  const segment = segments[index];
  if (segment === undefined) return undefined;
  const sequence = findWithin(segment, id, idAt);
  return sequence < segment.until ? sequence : segments[index + 1]?.from;
}

/**
 * The first sequence of `segment` with a `sequenceId` of at least `id`, or the one behind it. Where the segment has no
 * gap, the bound is the answer, and one event is read to know it.
 */
function findWithin(segment: Segment, id: number, idAt: SequenceIdAt): number {
  let low = segment.from;
  let high = Math.min(segment.until, Math.max(low, low + id - segment.leastId));
  let middle = high - 1;
  while (low < high) {
    if ((idAt(middle) ?? 0) < id) low = middle + 1;
    else high = middle;
    middle = low + Math.floor((high - low) / 2);
  }
  return low;
}

/**
 * The table once an event with `sequenceId` `id` steps back.
 *
 * @param ancestors - the segments that the event follows, as far as they go
 * @param cut - the sequence of the first event that is superseded
 * @param sequence - where the event itself goes
 */
export function steppedBack(
  ancestors: readonly Segment[],
  cut: number,
  id: number,
  sequence: number,
): RunTable {
  return [...within(ancestors, 0, cut), { leastId: id, from: sequence, until: Number.POSITIVE_INFINITY }];
}

/**
 * The table without what is of no use any more: the segments before that of the event `state`, after which a state is kept that stands for all
 * of them.
 */
export function behindState(table: RunTable, state: number): RunTable {
  return table.filter((segment) => segment.until > state);
}

/** The table once every event is gone: the run goes on behind `lastId`. */
export function prunedWhole(table: RunTable, lastId: number, lastSequence: number): RunTable {
  const open = { leastId: lastId + 1, from: lastSequence + 1, until: Number.POSITIVE_INFINITY };
  return [...within(table, 0, lastSequence + 1), open];
}

/** The segments as the addon takes them: pairs of the first sequence and the one behind the last. */
export function pairsOf(segments: readonly Segment[]): Float64Array {
  const end = (until: number): number => Math.min(until, Number.MAX_SAFE_INTEGER);
  return Float64Array.from(segments.flatMap(({ from, until }) => [from, end(until)]));
}
