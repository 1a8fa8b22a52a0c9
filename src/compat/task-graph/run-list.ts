/**
 * The runs of a task graph, one after the other.
 */
import type { RunReader, RunView } from "./run-reader.js";
import type { RunStart } from "./runs.js";

/** A run of the graph: what it has appended without ever stepping back. */
export interface TaskGraphRun {
  /** Its number, from 1, in the order in which runs began. */
  run: number;
  /** The run that it goes on from; `null` where it goes on from none, or from one that was pruned and is not listed any more. */
  parent: number | null;
  /** It goes on from what came before it up to this `sequenceId`; `null` where it began with nothing. */
  forkedAt: number | null;
  /** How many of its own events are retained. What it has of its parent does not count. */
  eventCount: number;
  /** Its own first event that is retained; `null` where none is, or where it is damaged. */
  first: RunEnd | null;
  /** Its own last event, likewise. */
  last: RunEnd | null;
  /** Whether it is the one that is appended to. */
  isCurrent: boolean;
}

/** One end of a run. */
export interface RunEnd {
  sequenceId: number;
  timestamp: string;
}

/** The runs of which there are events, and the current one in any case; none where the stream was never used. */
export function listRuns(reader: RunReader): TaskGraphRun[] {
  const view = reader.view();
  const runs: TaskGraphRun[] = [];
  let { end } = view;
  for (let number = view.table.number; number >= view.table.oldest && view.last > 0; number -= 1) {
    const start = reader.history.startOf(number);
    if (start === undefined) break;
    const own = { from: Math.max(start.from, view.first), end };
    if (own.from < end || number === view.table.number) runs.push(runOf(reader, view, number, start, own));
    end = start.from;
  }
  runs.reverse();
  const listed = new Set(runs.map(({ run }) => run));
  for (const run of runs) if (run.parent !== null && !listed.has(run.parent)) run.parent = null;
  return runs;
}

/** @param own - the sequences of its own events that are retained */
function runOf(
  reader: RunReader,
  { table }: RunView,
  run: number,
  { parent, forkedAt }: RunStart,
  own: { from: number; end: number },
): TaskGraphRun {
  return {
    run,
    parent: parent === 0 ? null : parent,
    forkedAt: forkedAt === 0 ? null : forkedAt,
    eventCount: Math.max(own.end - own.from, 0),
    first: endAt(reader, own.from, own),
    last: endAt(reader, own.end - 1, own),
    isCurrent: run === table.number,
  };
}

function endAt(reader: RunReader, sequence: number, own: { from: number; end: number }): RunEnd | null {
  const event = own.from < own.end ? reader.readableAt(sequence) : undefined;
  return event === undefined ? null : { sequenceId: event.sequenceId, timestamp: event.timestamp };
}
