/**
 * Ctrl-C as an abort.
 *
 * Constraints: the first one stops the work at a place where the store is sound; a second one ends the process on the spot, as if nobody had listened.
 */

/** The reason of an abort by Ctrl-C. */
export class Interrupted extends Error {
  readonly code = "ERR_INTERRUPTED";
}

/** Does `work` with a signal that Ctrl-C aborts. */
export async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const abort = () => controller.abort(new Interrupted("stopped by Ctrl-C"));
  process.once("SIGINT", abort);
  try {
    return await work(controller.signal);
  } finally {
    process.removeListener("SIGINT", abort);
  }
}
