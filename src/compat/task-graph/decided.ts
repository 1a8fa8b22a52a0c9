/**
 * Calls that rest on what was read a moment before.
 *
 * Constraint: the engine refuses one for which that no longer holds, with `ERR_STORAGE_CONFLICT`; it is made anew then. Each time some other writer has got on.
 */
import { StorageError } from "../../errors.js";
import { fromNative } from "../../native-error.js";

const MAX_ATTEMPTS = 1000;

/** Makes a call, and makes it anew where another writer has come between; `forget` is told before each time. */
export function decided<T>(call: () => T, forget: () => void = () => {}): T {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return call();
    } catch (thrown) {
      forget();
      const error = fromNative(thrown);
      if (!isConflict(error) || attempt === MAX_ATTEMPTS) throw error;
    }
  }
}

/** Whether it is the refusal of a call for which what was read no longer holds. */
export function isConflict(error: unknown): boolean {
  return error instanceof StorageError && error.code === "ERR_STORAGE_CONFLICT";
}
