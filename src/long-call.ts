/**
 * Calls that take long: stopping them and watching them.
 *
 * Constraints: an abort rejects with the signal's reason and leaves the store sound; a signal that is aborted already starts nothing; a progress
 * callback that throws is the caller's uncaught exception, not the call's failure.
 */
import { type NativeLongCall, nativeBinding } from "./binding.js";
import { nativeLater } from "./native-error.js";
import { checkOptions, invalid } from "./validate.js";

/** How far a long call is. */
export interface Progress {
  readonly done: number;
  readonly total: number;
  readonly unit: "bytes" | "events" | "checkpoints" | "files";
}

/** What every long call takes. */
export interface LongCall {
  /** Aborting it rejects the call with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Told now and then, and at the end. */
  readonly onProgress?: (progress: Progress) => void;
}

/** Makes a long call of the addon, whose progress counts bytes. */
export async function longCall<T>(
  options: LongCall | undefined,
  start: (call: NativeLongCall) => Promise<T>,
): Promise<T> {
  const { signal, onProgress }: LongCall = checkOptions("options", options);
  if (signal !== undefined && !(signal instanceof AbortSignal))
    throw invalid("signal must be an AbortSignal");
  if (onProgress !== undefined && typeof onProgress !== "function")
    throw invalid("onProgress must be a function");
  signal?.throwIfAborted();
  const { NativeLongCall } = nativeBinding();
  const call = onProgress
    ? new NativeLongCall((done, total) => onProgress({ done, total, unit: "bytes" }))
    : new NativeLongCall();
  const abort = () => call.abort();
  signal?.addEventListener("abort", abort, { once: true });
  try {
    return await nativeLater(() => start(call));
  } catch (error) {
    if (signal?.aborted && (error as { code?: string }).code === "ERR_STORAGE_ABORTED") throw signal.reason;
    throw error;
  } finally {
    signal?.removeEventListener("abort", abort);
  }
}
