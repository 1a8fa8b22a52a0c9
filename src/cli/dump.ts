/**
 * `dump`: what a store holds as lines of JSON.
 *
 * Constraints: opens the store for reading only, so no byte changes; standard output has records and nothing else; a store of any size takes no more memory than its
 * largest record needs.
 */
import { StorageEngine } from "../engine.js";
import type { Progress } from "../long-call.js";
import {
  countEvents,
  eventLines,
  type Selection,
  selectedStreams,
  selectedVersions,
  versionLine,
} from "./dump-records.js";
import { EXIT } from "./exit-code.js";
import type { Invocation, Verb } from "./invocation.js";
import { withProgress } from "./progress.js";
import { storeLine } from "./store-line.js";

export const dump: Verb<Selection> = async (invocation, selection) => {
  const { store, out, err } = invocation;
  // A bar would be torn by the lines.
  const watched = out.isTerminal ? undefined : err;
  const engine = await StorageEngine.open(store.directory, { readOnly: true });
  try {
    err.write(`${storeLine(store)}\n`);
    await withProgress("dumping", watched, (tell) => writeLines(engine, invocation, selection, tell));
  } finally {
    await engine.close();
  }
  return EXIT.done;
};

async function writeLines(
  engine: StorageEngine,
  { out, signal }: Invocation,
  selection: Selection,
  tell: (progress: Progress) => void,
): Promise<void> {
  const { limit = Number.POSITIVE_INFINITY } = selection;
  let written = 0;
  for await (const line of lines(engine, selection, tell)) {
    if (written === limit) break;
    signal.throwIfAborted();
    await out.write(line);
    written += 1;
  }
}

/** All lines, telling how far each of the two kinds is. */
async function* lines(
  engine: StorageEngine,
  selection: Selection,
  tell: (progress: Progress) => void,
): AsyncGenerator<string> {
  const streams = selectedStreams(engine, selection);
  const events = { done: 0, total: countEvents(streams, selection), unit: "events" } as const;
  let done = 0;
  for (const line of eventLines(engine, streams, selection)) {
    yield line;
    done += 1;
    tell({ ...events, done });
  }
  const checkpoints = { total: engine.stats().checkpoints, unit: "checkpoints" } as const;
  done = 0;
  for (const versions of selectedVersions(engine, selection)) {
    for (const info of versions) yield await versionLine(engine, info, selection);
    done += 1;
    tell({ ...checkpoints, done });
  }
}
