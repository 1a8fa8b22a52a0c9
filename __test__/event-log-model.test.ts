/**
 * The log against plain arrays, over random appends, restarts, forks, gaps and prunes by several handles.
 *
 * The bugs it would catch: an event of a superseded run that comes back, one that is missing behind a fork or a prune,
 * a count that includes what is no part of the run, earlier runs that a prune leaves on disk for ever; a run that is not what it was when it is looked back at, a parent or fork
 * point that is another one's, a run that is listed without events.
 */
import { join } from "node:path";
import { expect, it } from "vitest";
import { NativeTaskGraphEventLog } from "../src/compat/task-graph/native-task-graph-event-log.js";
import { StorageEngine } from "../src/engine.js";
import { newDirectory } from "./support/directories.js";
import { PlainLog } from "./support/plain-log.js";
import { event } from "./support/runtime-shapes.js";
import { SeededRandom, seedOfRun } from "./support/seeded-random.js";

const ROUNDS = 6;
const STEPS = 400;

it("answers as plain arrays do", { timeout: 300_000 }, async () => {
  const seed = seedOfRun();
  console.info(`TEST_SEED=${seed}`);
  const random = new SeededRandom(seed);
  for (let round = 0; round < ROUNDS; round += 1) await playRound(random, `TEST_SEED=${seed} round ${round}`);
});

async function playRound(random: SeededRandom, where: string): Promise<void> {
  const rootDir = newDirectory();
  const open = (): NativeTaskGraphEventLog => new NativeTaskGraphEventLog({ rootDir });
  const logs = [open(), open()];
  const model = new PlainLog();
  for (let step = 0; step < STEPS; step += 1) {
    const index = random.below(logs.length);
    const log = logs[index] as NativeTaskGraphEventLog;
    const at = `${where} step ${step}`;
    const kind = random.below(100);
    if (kind < 60) appendTo(log, model, nextSequenceId(random, model), `.${step}`);
    else if (kind < 72) compareReplay(log, model, random, at);
    else if (kind < 76) compareRuns(log, model, random, at);
    else if (kind < 90) comparePrune(log, model, random, at);
    else if (kind < 95) logs[index] = open();
    else if (kind < 97) await log.flush();
    else {
      await log.close();
      logs[index] = open();
    }
  }
  for (const log of logs) {
    expect(log.replay(0), where).toStrictEqual(model.eventsOf());
    await log.close();
  }
  expect(heldBy(rootDir), where).toBe(model.kept.length);
}

/** Mostly the next one, now and then a restart, a fork or a gap. */
function nextSequenceId(random: SeededRandom, model: PlainLog): number {
  const last = model.eventsOf().at(-1)?.sequenceId ?? 0;
  const kind = random.below(20);
  if (kind === 0) return 1;
  if (kind === 1) return last + 2 + random.below(5);
  if (kind === 2) return 1 + random.below(last + 1);
  if (kind === 3) return Math.max(1, last - random.below(4));
  return last + 1;
}

function appendTo(log: NativeTaskGraphEventLog, model: PlainLog, sequenceId: number, mark: string): void {
  const appended = event(sequenceId, mark, { mark });
  expect(log.append(appended)).toBe(sequenceId);
  model.append(appended);
}

function compareReplay(
  log: NativeTaskGraphEventLog,
  model: PlainLog,
  random: SeededRandom,
  at: string,
): void {
  const from = placeNear(random, model);
  const limit = random.pick([undefined, 0, 1, 3, 1000]);
  expect(log.replay(from, limit), at).toStrictEqual(model.replay(from, limit));
}

function compareRuns(log: NativeTaskGraphEventLog, model: PlainLog, random: SeededRandom, at: string): void {
  expect(log.runs(), at).toStrictEqual(model.runs());
  const run = 1 + random.below(model.current + 1);
  const from = placeNear(random, model);
  expect(log.replay(from, 50, { run }), `${at} run ${run}`).toStrictEqual(model.replay(from, 50, run));
}

function comparePrune(log: NativeTaskGraphEventLog, model: PlainLog, random: SeededRandom, at: string): void {
  const first = model.eventsOf()[0]?.sequenceId ?? 1;
  const before = random.below(4) === 0 ? placeNear(random, model) : first + random.below(6);
  expect(log.prune(before), at).toBe(model.prune(before));
}

function placeNear(random: SeededRandom, model: PlainLog): number {
  const first = model.eventsOf()[0]?.sequenceId ?? 1;
  const last = model.eventsOf().at(-1)?.sequenceId ?? 1;
  return first - 3 + random.below(last - first + 7);
}

function heldBy(rootDir: string): number {
  using engine = StorageEngine.openSync(join(rootDir, "engine"));
  return [...engine.replayEvents(0, { stream: "task-graph" })].length;
}
