/**
 * Rehydration after the process was killed, against the plain fold of what it had done.
 *
 * The bugs it would catch: a state that was half kept taken for a whole one, events that were given back before a state stood for them, a run table that is not that of its events.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { serialize } from "node:v8";
import { expect, it } from "vitest";
import { NativeTaskGraphEventLog } from "../src/compat/task-graph/native-task-graph-event-log.js";
import { newDirectory } from "./support/directories.js";
import { type GraphStep, randomSteps, takeStep } from "./support/graph-steps.js";
import { printFigures, seeds, timeoutOf } from "./support/long-run.js";
import { plainState } from "./support/plain-graph.js";
import { PlainLog } from "./support/plain-log.js";
import { SeededRandom } from "./support/seeded-random.js";

const LIVES = 4;
const KILLS = 3;
const STEPS = 150;
const CHILD = join(import.meta.dirname, "support/graph-child.mjs");

it("has the state of all that was done", { timeout: timeoutOf(300_000) }, async () => {
  const figures = { graph_kills: 0 };
  for (const seed of seeds(1, LIVES)) {
    figures.graph_kills += await live(new SeededRandom(seed), `TEST_SEED=${seed}`);
  }
  printFigures(figures);
});

/** A log over several processes, each of which is killed; how many were. */
async function live(random: SeededRandom, where: string): Promise<number> {
  const rootDir = newDirectory();
  const done: GraphStep[] = [];
  for (let kill = 1; kill <= KILLS; kill += 1) {
    const steps = randomSteps(random, plainLogOf(done), STEPS);
    const told = await runUntilKilled(rootDir, steps, 1 + random.below(STEPS));
    done.push(...steps.slice(0, told));
    // It may have done one that it could not tell of any more.
    const next = steps[told];
    if (await isAfter(rootDir, done, next)) done.push(next as GraphStep);
    await compare(rootDir, done, `${where} kill ${kill} after ${told} steps`);
  }
  return KILLS;
}

/** Kills a process once it has told of `count` steps; how many it had told of in the end. */
async function runUntilKilled(rootDir: string, steps: GraphStep[], count: number): Promise<number> {
  const file = join(newDirectory(), "steps");
  writeFileSync(file, serialize(steps));
  const child = spawn(process.execPath, [CHILD, rootDir, file], { stdio: ["ignore", "pipe", "inherit"] });
  let told = 0;
  child.stdout.on("data", (chunk: Buffer) => {
    told += chunk.length;
    if (told >= count) child.kill("SIGKILL");
  });
  const [, signal] = await once(child, "close");
  expect(signal).toBe("SIGKILL");
  return told;
}

/** Whether `step` was done too. */
async function isAfter(rootDir: string, done: GraphStep[], step: GraphStep | undefined): Promise<boolean> {
  const [without, with_] = [plainLogOf(done), plainLogOf(done)];
  if (step !== undefined) takeStep(with_, step);
  const log = new NativeTaskGraphEventLog({ rootDir });
  const there = log.replay(0).map(({ id }) => id);
  await log.close();
  const idsOf = (plain: PlainLog) => plain.eventsOf().map(({ id }) => id);
  return String(there) !== String(idsOf(without)) && String(there) === String(idsOf(with_));
}

async function compare(rootDir: string, done: readonly GraphStep[], where: string): Promise<void> {
  const plain = plainLogOf(done);
  const log = new NativeTaskGraphEventLog({ rootDir });
  const whole = plain.wholeRun();
  const expected =
    whole.length === 0 ? null : plainState("task-graph", whole, plain.eventsOf(), plain.current);
  expect(log.rehydrate(), where).toStrictEqual(expected);
  expect(log.runs(), where).toStrictEqual(plain.runs());
  for (const { sequenceId } of plain.eventsOf().slice(-3)) {
    const upTo = (events: typeof whole) => events.filter((event) => event.sequenceId <= sequenceId);
    const state = plainState("task-graph", upTo(whole), upTo(plain.eventsOf()), plain.current);
    expect(log.stateAt(sequenceId), `${where} at ${sequenceId}`).toStrictEqual(state);
  }
  await log.close();
}

function plainLogOf(done: readonly GraphStep[]): PlainLog {
  const plain = new PlainLog();
  for (const step of done) takeStep(plain, step);
  return plain;
}
