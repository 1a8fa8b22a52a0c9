/**
 * The main job, end to end: an agent run that is killed in the middle, opened again and continued.
 *
 * A child process plays the run and is killed with SIGKILL at a random step. The parent opens the directory, compares what is
 * there with what was accepted, lets a second child finish the run, and imports a directory of the MessagePack storage that this package replaces.
 */
import { deepStrictEqual, ok } from "node:assert/strict";
import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import {
  importMessagePackStore,
  NativeCheckpointStorage,
  NativeTaskGraphEventLog,
  StorageEngine,
} from "agent-storage-engine";

import { Accepted, StepBar } from "./progress.mjs";
import { figureTable, latencyTable } from "./report.mjs";
import { CHECKPOINT_ID, checkpointAfter, EVENTS_PER_STEP, eventsOf, STEPS } from "./run.mjs";

const agent = fileURLToPath(new URL("agent.mjs", import.meta.url));
const legacyDirectory = fileURLToPath(
  new URL("../../__test__/fixtures/legacy-messagepack/delta-chains/store", import.meta.url),
);

/** @param {string} line */
const say = (line) => process.stdout.write(`${line}\n`);

/**
 * Plays the run in a child; kills it once `killAt` steps were saved.
 *
 * @param {string} rootDir
 * @param {Accepted} accepted
 * @param {number} [killAt]
 */
async function play(rootDir, accepted, killAt) {
  const child = fork(agent, [rootDir], { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  const bar = new StepBar();
  bar.start(accepted.lastStep);
  child.on("message", (told) => {
    accepted.note(/** @type {import("./progress.mjs").Told} */ (told));
    bar.show(accepted.lastStep);
    // In the middle of the step that follows, whatever the child is doing just then.
    if (killAt !== undefined && accepted.lastStep === killAt) setTimeout(() => child.kill("SIGKILL"), 1);
  });
  const [code, signal] = await once(child, "close");
  bar.stop();
  if (killAt === undefined) ok(code === 0, `the agent ended with code ${code} and signal ${signal}`);
  return signal;
}

/** Opens the directory as its next user would. @param {string} rootDir */
async function timeReopening(rootDir) {
  const before = performance.now();
  const engine = await StorageEngine.open(join(rootDir, "engine"));
  const reopenMs = performance.now() - before;
  await engine.close();
  return reopenMs;
}

/**
 * Compares the store with what was accepted: no accepted event missing, each event as it was appended, no resolved save lost.
 *
 * @param {string} rootDir
 * @param {Accepted} accepted
 */
async function check(rootDir, accepted) {
  const log = new NativeTaskGraphEventLog({ rootDir });
  const checkpoints = new NativeCheckpointStorage({ rootDir });
  const events = log.replay(0);
  ok(events.length >= accepted.lastEvent, `${accepted.lastEvent} events accepted, ${events.length} found`);
  const written = Array.from({ length: STEPS }, (_, index) => eventsOf(index + 1)).flat();
  deepStrictEqual(events, written.slice(0, events.length));
  const checkpoint = await accepted.timeLoad(() => checkpoints.load(CHECKPOINT_ID));
  const step = checkpoint?.currentStep ?? 0;
  ok(step >= accepted.lastStep, `step ${accepted.lastStep} saved, step ${step} found`);
  if (checkpoint) deepStrictEqual(checkpoint, checkpointAfter(step));
  await Promise.all([log.close(), checkpoints.close()]);
  return { events: events.length, step };
}

/** What the finished store takes, against what was put into it. @param {string} rootDir */
async function measure(rootDir) {
  const engine = await StorageEngine.open(join(rootDir, "engine"));
  const history = engine.checkpointHistory(CHECKPOINT_ID);
  const saved = history.reduce((sum, version) => sum + version.bytes, 0);
  const appended = engine.streams().reduce((sum, stream) => sum + stream.bytes, 0);
  const { bytesOnDisk } = engine.stats();
  await engine.close();
  return { savedBytes: saved + appended, bytesOnDisk };
}

/** @param {string} rootDir */
async function importToday(rootDir) {
  const report = await importMessagePackStore({ from: legacyDirectory, rootDir });
  const storage = new NativeCheckpointStorage({ rootDir });
  const listed = await storage.list({ agentType: "coder", limit: 1 });
  await storage.close();
  ok(report.imported > 0 && report.skipped.length === 0, "the import left something out");
  return { imported: report.imported, importedBytes: report.bytesRead, newest: listed[0]?.id };
}

/** @param {string} directory */
async function demo(directory) {
  const rootDir = join(directory, "session");
  const accepted = new Accepted();
  const killAt = 60 + Math.floor(Math.random() * 80);

  say(`An agent run of ${STEPS} steps, ${EVENTS_PER_STEP} events and a checkpoint each, in ${rootDir}`);
  const signal = await play(rootDir, accepted, killAt);
  say(
    `Killed with ${signal} after ${accepted.lastEvent} accepted events and ${accepted.lastStep} saved steps.`,
  );

  const reopenMs = await timeReopening(rootDir);
  const found = await check(rootDir, accepted);
  say(
    `Opened again: ${found.events} events and the checkpoint of step ${found.step} are there. Nothing accepted is missing.`,
  );

  await play(rootDir, accepted);
  const finished = await check(rootDir, accepted);
  ok(
    finished.step === STEPS && finished.events === STEPS * EVENTS_PER_STEP,
    "the run did not come to its end",
  );
  say(`Continued to the end: ${finished.events} events, step ${finished.step}.`);

  const imported = await importToday(join(directory, "imported"));
  say(`Imported ${imported.imported} checkpoints of the MessagePack storage that this package replaces.`);

  const figures = { ...(await measure(rootDir)), reopenMs, ...imported };
  say(`\n${latencyTable(accepted.latencies)}\n\n${figureTable(figures)}`);
}

const directory = await mkdtemp(join(tmpdir(), "agent-run-"));
try {
  await demo(directory);
} finally {
  await rm(directory, { recursive: true, force: true });
}
