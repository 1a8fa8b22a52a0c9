/** What this process has open, where the system tells: Linux. Elsewhere nothing is found. */
import { readdirSync, readlinkSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

import { fault } from "./report.mjs";

const DESCRIPTORS = "/proc/self/fd";

/** A guard against a wait without end; nothing depends on it. */
const GUARD_MS = 15_000;

/** The open files whose path begins with `path`, removed ones too. @param {string} path */
function openFiles(path) {
  if (process.platform !== "linux") return [];
  const paths = readdirSync(DESCRIPTORS).flatMap((descriptor) => {
    try {
      return [readlinkSync(`${DESCRIPTORS}/${descriptor}`)];
    } catch {
      // The one of this listing.
      return [];
    }
  });
  return paths.filter((open) => open.startsWith(path));
}

/**
 * Waits until no file of the store in `rootDir`, or of its backups, is open, once what nobody refers to any more was collected.
 *
 * @param {string} rootDir
 */
export async function untilReleased(rootDir) {
  for (const end = Date.now() + GUARD_MS; ; ) {
    globalThis.gc?.();
    await sleep(2);
    const open = openFiles(rootDir);
    if (open.length === 0) return;
    if (Date.now() > end) return fault(`still open: ${open}`);
  }
}
