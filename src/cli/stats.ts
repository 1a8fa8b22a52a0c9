/**
 * `stats`: a store's figures and streams.
 *
 * Constraint: opens the store for reading only, so no byte changes, also where it was not closed.
 */
import { StorageEngine, type StorageStats, type StreamInfo } from "../engine.js";
import { EXIT } from "./exit-code.js";
import type { Verb } from "./invocation.js";
import { storeLine } from "./store-line.js";
import { table } from "./table.js";
import { count, quoted, size } from "./text.js";

export const stats: Verb<unknown> = async ({ store, out, json }) => {
  const engine = await StorageEngine.open(store.directory, { readOnly: true });
  const figures = engine.stats();
  const streams = engine.streams();
  await engine.close();
  if (json) await out.line(JSON.stringify({ ...store, stats: figures, streams }));
  else await out.line([storeLine(store), figureTable(figures), ...streamTable(streams)].join("\n\n"));
  return EXIT.done;
};

/** Counts since opening are left out: the store was opened a moment ago. */
function figureTable(figures: StorageStats): string {
  const rows = [
    ["events", count(figures.events)],
    ["checkpoints", count(figures.checkpoints)],
    ["versions of them", count(figures.versions)],
    ["on disk", size(figures.bytesOnDisk)],
    ["not known to be dead", size(figures.liveBytes)],
    ["in the log", size(figures.logBytes)],
    ["format", count(figures.formatVersion)],
  ];
  return table(rows, ["left", "left"]);
}

function streamTable(streams: readonly StreamInfo[]): string[] {
  if (streams.length === 0) return [];
  const rows = streams.map(({ name, firstSequence, lastSequence, bytes }) => [
    quoted(name),
    count(lastSequence - firstSequence + 1),
    count(firstSequence),
    count(lastSequence),
    size(bytes),
  ]);
  const head = ["stream", "events", "first sequence", "last sequence", "bytes"];
  return [table(rows, ["left", "right", "right", "right", "right"], head)];
}
