/**
 * The end of a thread: finalizers and the addon's own clean-up do not run at `process.exit()`, the `exit` event does, for an
 * uncaught exception and a worker's end too.
 *
 * Constraints: one listener for each thread, added when the addon loads; it keeps nothing alive and never throws.
 */

/** Calls `sync` once when this thread ends in order. */
export function syncAtExit(sync: () => void): void {
  process.once("exit", () => {
    try {
      sync();
    } catch {
      // The process ends; each store that failed says so when it is opened again.
    }
  });
}
