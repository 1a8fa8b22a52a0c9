/**
 * Calls that take long: stopping them and watching them.
 *
 * Constraints: an abort rejects with the signal's reason and leaves the store sound; a signal that is aborted already starts nothing; progress is told before the
 * promise settles, never after; a progress callback that throws ends the call, which rejects with what was thrown.
 */
import { type NativeLongCall, nativeBinding } from "./binding.js";
import { nativeLater } from "./native-error.js";
import { optionNames } from "./option-names.js";
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
  readonly signal?: AbortSignal | undefined;
  /** Told now and then, and at the end. */
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

const LONG_CALL_OPTIONS = optionNames<LongCall>({ signal: true, onProgress: true });

/** Options as they may be used. @throws StorageError `ERR_STORAGE_INVALID_ARGUMENT` */
export function checkLongCall(options: LongCall | undefined, names = LONG_CALL_OPTIONS): LongCall {
  const { signal, onProgress }: LongCall = checkOptions(options, names);
  if (signal !== undefined && !isSignal(signal)) throw invalid("signal must be an AbortSignal");
  if (onProgress !== undefined && typeof onProgress !== "function")
    throw invalid("onProgress must be a function");
  return { ...(signal && { signal }), ...(onProgress && { onProgress }) };
}

/** Makes a long call of the addon, whose progress counts bytes. */
export async function longCall<T>(
  options: LongCall | undefined,
  start: (call: NativeLongCall) => Promise<T>,
): Promise<T> {
  const { signal, onProgress } = checkLongCall(options);
  if (signal?.aborted) throw signal.reason;
  const watch = new Watch(onProgress);
  const call = watch.start();
  const abort = () => call.abort();
  signal?.addEventListener("abort", abort, { once: true });
  try {
    const answer = await nativeLater(() => start(call));
    watch.tell(call.done, call.total);
    watch.check();
    return answer;
  } catch (error) {
    watch.check();
    if (signal?.aborted && (error as { code?: string }).code === "ERR_STORAGE_ABORTED") throw signal.reason;
    throw error;
  } finally {
    watch.end();
    signal?.removeEventListener("abort", abort);
  }
}

/** The same for a call that leaves nothing behind: also an abort that comes when all is done rejects. */
export async function unlessAborted<T>(
  options: LongCall | undefined,
  start: (call: NativeLongCall) => Promise<T>,
): Promise<T> {
  const answer = await longCall(options, start);
  if (options?.signal?.aborted) throw options.signal.reason;
  return answer;
}

/**
 * Tells of progress. The addon holds its callback, and so this, until the native call is collected: hence it lets that go at the end.
 */
class Watch {
  #onProgress: LongCall["onProgress"];
  #call: NativeLongCall | undefined;
  #told = -1;
  #failure: { readonly error: unknown } | undefined;

  constructor(onProgress: LongCall["onProgress"]) {
    this.#onProgress = onProgress;
  }

  start(): NativeLongCall {
    const { NativeLongCall } = nativeBinding();
    const call = this.#onProgress ? new NativeLongCall(this.#teller()) : new NativeLongCall();
    this.#call = call;
    return call;
  }

  /** A function of its own, since whatever stands beside the callback lives as long as it. */
  #teller(): (done: number, total: number) => void {
    return (done, total) => this.tell(done, total);
  }

  tell(done: number, total: number): void {
    if (done === this.#told || this.#failure) return;
    this.#told = done;
    try {
      this.#onProgress?.({ done, total, unit: "bytes" });
    } catch (error) {
      this.#failure = { error };
      this.#call?.abort();
    }
  }

  /** Throws what the callback has thrown. */
  check(): void {
    if (this.#failure) throw this.#failure.error;
  }

  end(): void {
    this.#onProgress = undefined;
    this.#call = undefined;
  }
}

/** Not `instanceof`: a signal may come from another realm, or from a library. */
function isSignal(value: unknown): value is AbortSignal {
  return (
    typeof value === "object" &&
    value !== null &&
    typeof (value as AbortSignal).aborted === "boolean" &&
    typeof (value as AbortSignal).addEventListener === "function"
  );
}
