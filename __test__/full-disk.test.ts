/**
 * A disk that is full for a while, under the drop-ins.
 *
 * The bugs it would catch: a full disk that is not told as such, one that hides or costs what was stored before, a drop-in that writes again only after
 * a restart of its process.
 */
import { rmSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { NativeCheckpointStorage } from "../src/compat/checkpoints/native-checkpoint-storage.js";
import { NativeTaskGraphEventLog } from "../src/compat/task-graph/native-task-graph-event-log.js";
import { StorageError } from "../src/errors.js";
import { noise } from "./support/bytes.js";
import { printFigures, seeds, timeoutOf } from "./support/long-run.js";
import { MemoryDisk, whyNoMounts } from "./support/mounts.js";
import { checkpoint, event } from "./support/runtime-shapes.js";

const DISK_BYTES = 4 * 1024 * 1024;
/** More than any store here takes. */
const MOST_EVENTS = 2000;
const LARGE_BYTES = 200_000;

const why = whyNoMounts("mount", "umount");
if (why !== undefined) console.info(`skipped: ${why}`);

describe.skipIf(why !== undefined)("a full disk", () => {
  it("is told, hides nothing, and is over when there is room", { timeout: timeoutOf(120_000) }, async () => {
    using disk = new MemoryDisk(DISK_BYTES);
    let fullDisks = 0;
    for (const pages of seeds(0, 3)) {
      await fillAndMakeRoom(disk, join(disk.path, `session-${pages}`), pages % 40);
      fullDisks += 1;
    }
    printFigures({ full_disks_under_drop_ins: fullDisks });
  });
});

async function fillAndMakeRoom(disk: MemoryDisk, rootDir: string, pages: number): Promise<void> {
  const log = new NativeTaskGraphEventLog({ rootDir });
  const storage = new NativeCheckpointStorage({ rootDir });
  log.append(event(1));
  await storage.save(checkpoint("old"));
  disk.leavePages(pages);
  const accepted = appendUntilFull(log, 1);
  const large = checkpoint("large", { metadata: { bytes: noise(pages, LARGE_BYTES).toString("base64") } });
  // Healing may have made room: a recovered log takes no more than it holds.
  await storage.save(large).catch(expectNoRoom);
  expect(log.replay(0).map(({ sequenceId }) => sequenceId)).toStrictEqual(upTo(accepted));
  expect(await storage.load("old")).toStrictEqual(checkpoint("old"));

  disk.makeRoom();
  // A drop-in heals its store by itself, at most once a second.
  await vi.waitUntil(() => isAppended(log, accepted + 1), { timeout: 60_000, interval: 50 });
  await storage.save(large);
  // What was accepted before writing ended may be lost to a power cut: the next flush says so, once.
  await log.flush().catch(expectNoRoom);
  await log.flush();
  await Promise.all([log.close(), storage.close()]);
  await expectStored(rootDir, accepted + 1, large);
  rmSync(rootDir, { recursive: true });
}

/** Appends events behind `last` until there is no room, and gives the last one that was accepted. */
function appendUntilFull(log: NativeTaskGraphEventLog, last: number): number {
  for (let next = last + 1; next < MOST_EVENTS; next += 1) {
    try {
      log.append(event(next, "", { text: "x".repeat(500) }));
    } catch (error) {
      expectNoRoom(error);
      return next - 1;
    }
  }
  throw new Error("the disk was never full");
}

function isAppended(log: NativeTaskGraphEventLog, sequenceId: number): boolean {
  try {
    return log.append(event(sequenceId)) === sequenceId;
  } catch (error) {
    expectNoRoom(error);
    return false;
  }
}

async function expectStored(rootDir: string, last: number, large: unknown): Promise<void> {
  const log = new NativeTaskGraphEventLog({ rootDir });
  const storage = new NativeCheckpointStorage({ rootDir });
  expect(log.replay(0).map(({ sequenceId }) => sequenceId)).toStrictEqual(upTo(last));
  expect(await storage.load("large")).toStrictEqual(large);
  expect(await storage.load("old")).toStrictEqual(checkpoint("old"));
  await Promise.all([log.close(), storage.close()]);
}

/** Full, where nothing was written; else that writing has ended, and because of that. */
function expectNoRoom(error: unknown): void {
  expect(error).toBeInstanceOf(StorageError);
  if (!(error instanceof StorageError) || error.code === "ERR_STORAGE_FULL") return;
  expect(error.code).toBe("ERR_STORAGE_POISONED");
  const { code, errno } = error.cause as { code?: string; errno?: number };
  expect(code === "ERR_STORAGE_FULL" || errno === -constants.errno.ENOSPC, String(error)).toBe(true);
}

function upTo(last: number): number[] {
  return Array.from({ length: last }, (_, index) => index + 1);
}
