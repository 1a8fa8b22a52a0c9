/**
 * The end of a thread: finalizers and the addon's own clean-up do not run at `process.exit()`, the `exit` event does, for an
 * uncaught exception and a worker's end too.
 *
 * Constraints: one listener for each thread, added when the addon loads; it keeps nothing alive, never throws, and does not use up one of the
 * listeners that the program may add before Node warns of a leak.
 */

/** Calls `sync` once when this thread ends in order. */
export function syncAtExit(sync: () => void): void {
  const limit = process.getMaxListeners();
  // 0: no limit.
  if (limit > 0) process.setMaxListeners(limit + 1);
  process.once("exit", () => {
    try {
      sync();
    } catch {
      // The process ends; each store that failed says so when it is opened again.
    }
  });
}
