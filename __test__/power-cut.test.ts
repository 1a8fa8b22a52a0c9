/**
 * The power is cut under a process that uses the drop-ins, on a real file system.
 *
 * The bugs it would catch: a promise that resolves before its sync, a flush that covers not all that was called before, an order of events and
 * checkpoints that does not outlast a cut, a drop-in whose failure is no {@link StorageError}.
 */
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { NativeCheckpointStorage } from "../src/compat/checkpoints/native-checkpoint-storage.js";
import { NativeTaskGraphEventLog } from "../src/compat/task-graph/native-task-graph-event-log.js";
import { printFigures, seeds, timeoutOf } from "./support/long-run.js";
import { PowerDisk, whyNoMounts } from "./support/mounts.js";
import { type NodeProcess, NodeProcesses } from "./support/node-process.js";
import { checkpoint, event } from "./support/runtime-shapes.js";
import { SeededRandom } from "./support/seeded-random.js";

const EVENTS_OF_A_STEP = 3;
const IDS = 3;
/** A store is used for so many lives, so that checking stays quick. */
const LIVES_OF_A_STORE = 20;
const MOST_WORK_MS = 60;

/**
 * Works through steps from one on: some events, now and then a flush, a checkpoint. Tells of each call when it has answered, in order, by writes that
 * do not return before the pipe has them.
 */
const CHILD = `
  import { writeSync } from "node:fs";
  const { firstStep, eventsOfAStep, ids, event, checkpoint } = JSON.parse(rest[0]);
  const log = new storage.NativeTaskGraphEventLog({ rootDir: directory, syncIntervalMs: 5 });
  const checkpoints = new storage.NativeCheckpointStorage({ rootDir: directory });
  const tell = (word, number) => writeSync(1, word + " " + number + "\\n");
  try {
    for (let step = firstStep; ; step += 1) {
      for (let sequenceId = (step - 1) * eventsOfAStep + 1; sequenceId <= step * eventsOfAStep; sequenceId += 1) {
        log.append({ ...event, sequenceId });
        tell("appended", sequenceId);
      }
      if (step % 4 === 0) {
        await log.flush();
        tell("flushed", step * eventsOfAStep);
      }
      await checkpoints.save({ ...checkpoint, id: "agent-" + (step % ids), currentStep: step });
      tell("saved", step);
    }
  } catch (error) {
    tell(error instanceof storage.StorageError ? error.code : String(error), 0);
    setInterval(() => {}, 1000);
  }`;

/** What a store was found to hold: it is a prefix of what the child does. */
interface Found {
  readonly events: number;
  readonly step: number;
}

const NOTHING: Found = { events: 0, step: 0 };

const why = whyNoMounts("mkfs.ext4", "xfs_io", "losetup", "mount", "umount");
if (why !== undefined) console.info(`skipped: ${why}`);

describe.skipIf(why !== undefined)("a power cut", () => {
  const processes = new NodeProcesses();

  it("loses nothing that a process was told is durable", { timeout: timeoutOf(120_000) }, async () => {
    using disk = new PowerDisk();
    let cuts = 0;
    let found = NOTHING;
    let rootDir = disk.path;
    for (const seed of seeds(1, 5)) {
      if (cuts % LIVES_OF_A_STORE === 0) {
        rootDir = join(disk.path, `session-${seed}`);
        found = NOTHING;
      }
      found = await live(disk, rootDir, found, seed);
      cuts += 1;
    }
    printFigures({ power_cuts_node: cuts });
  });

  async function live(disk: PowerDisk, rootDir: string, before: Found, seed: number): Promise<Found> {
    const input = {
      firstStep: before.step + 1,
      eventsOfAStep: EVENTS_OF_A_STEP,
      ids: IDS,
      event: event(0),
      checkpoint: checkpoint(""),
    };
    const child = processes.start(CHILD, [rootDir, JSON.stringify(input)]);
    await child.printed("appended");
    await new Promise((resolve) => setTimeout(resolve, new SeededRandom(seed).below(MOST_WORK_MS)));
    disk.cut();
    const told = await killed(child);
    await disk.remount();
    const found = await look(rootDir);
    expect(found.events, `seed ${seed}: events`).toBeGreaterThanOrEqual(told.durableEvents);
    expect(found.step, `seed ${seed}: checkpoints`).toBeGreaterThanOrEqual(told.savedStep);
    // A checkpoint is never there without the events before it.
    expect(found.events, `seed ${seed}: order`).toBeGreaterThanOrEqual(found.step * EVENTS_OF_A_STEP);
    return found;
  }
});

/** What the child told until it was killed. */
async function killed(child: NodeProcess): Promise<{ durableEvents: number; savedStep: number }> {
  child.kill();
  const { stdout } = await child.ended;
  const lines = stdout.split("\n").slice(0, -1);
  const last = (word: string) =>
    Number(lines.findLast((line) => line.startsWith(`${word} `))?.split(" ")[1] ?? 0);
  const strange = lines.filter(
    (line) => !/^(appended|flushed|saved|ERR_STORAGE_(POISONED|IO|READ_ONLY)) \d+$/.test(line),
  );
  expect(strange).toStrictEqual([]);
  const savedStep = last("saved");
  return { savedStep, durableEvents: Math.max(last("flushed"), savedStep * EVENTS_OF_A_STEP) };
}

async function look(rootDir: string): Promise<Found> {
  const log = new NativeTaskGraphEventLog({ rootDir });
  const storage = new NativeCheckpointStorage({ rootDir });
  const events = log.replay(0);
  expect(events).toStrictEqual(events.map((_, index) => ({ ...event(0), sequenceId: index + 1 })));
  const step = Math.max(0, ...(await storage.list()).map(({ currentStep }) => currentStep));
  for (let saved = step; saved > Math.max(0, step - IDS); saved -= 1) {
    const id = `agent-${saved % IDS}`;
    expect(await storage.load(id)).toStrictEqual({ ...checkpoint(""), id, currentStep: saved });
  }
  await Promise.all([log.close(), storage.close()]);
  return { events: events.length, step };
}
