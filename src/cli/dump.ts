/**
 * `dump`: what a store holds as lines of JSON.
 *
 * Constraints: opens the store for reading only, so no byte changes; standard output has records and nothing else; a store of any size takes no more memory than its
 * largest record needs; damage ends a stream or a version, and what lies outside of it is dumped, with an exit code that says so.
 */
import { StorageEngine } from "../engine.js";
import type { Progress } from "../long-call.js";
import { DamagedParts } from "./damaged-parts.js";
import {
  checkSelection,
  countEvents,
  eventLines,
  type Selection,
  selectedIds,
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
  checkSelection(selection);
  // A bar would be torn by the lines.
  const watched = out.isTerminal ? undefined : err;
  const damage = new DamagedParts();
  let written = 0;
  const engine = await StorageEngine.open(store.directory, { readOnly: true });
  try {
    err.write(`${storeLine(store)}\n`);
    await withProgress("dumping", watched, async (tell) => {
      written = await writeLines(lines(engine, selection, { damage, tell }), invocation, selection);
    });
  } finally {
    await engine.close();
  }
  if (damage.isNone) return EXIT.done;
  await out.flush();
  err.write(damage.text(written));
  return EXIT.damage;
};

/** How many lines were written. */
async function writeLines(
  all: AsyncIterable<string>,
  { out, signal }: Invocation,
  { limit = Number.POSITIVE_INFINITY }: Selection,
): Promise<number> {
  let written = 0;
  if (limit === 0) return written;
  for await (const line of all) {
    signal.throwIfAborted();
    await out.write(line);
    written += 1;
    if (written === limit) break;
  }
  return written;
}

/** What a walk over all lines tells. */
interface Watcher {
  readonly damage: DamagedParts;
  readonly tell: (progress: Progress) => void;
}

/** All lines that can be read, telling how far each of the two kinds is. */
async function* lines(engine: StorageEngine, selection: Selection, watcher: Watcher): AsyncGenerator<string> {
  yield* linesOfEvents(engine, selection, watcher);
  yield* linesOfCheckpoints(engine, selection, watcher);
}

function* linesOfEvents(
  engine: StorageEngine,
  selection: Selection,
  { damage, tell }: Watcher,
): Generator<string> {
  const streams = selectedStreams(engine, selection);
  const events = { total: countEvents(streams, selection), unit: "events" } as const;
  let done = 0;
  for (const stream of streams) {
    for (const line of damage.upTo(() => eventLines(engine, stream, selection))) {
      yield line;
      done += 1;
      tell({ ...events, done });
    }
  }
}

async function* linesOfCheckpoints(
  engine: StorageEngine,
  selection: Selection,
  { damage, tell }: Watcher,
): AsyncGenerator<string> {
  const checkpoints = { total: engine.stats().checkpoints, unit: "checkpoints" } as const;
  let done = 0;
  for (const id of damage.upTo(() => selectedIds(engine, selection))) {
    for (const info of damage.upTo(() => selectedVersions(engine, id, selection))) {
      const line = await versionLine(engine, info, selection).catch((error) => damage.note(error));
      if (line !== undefined) yield line;
    }
    done += 1;
    tell({ ...checkpoints, done });
  }
}
