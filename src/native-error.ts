/**
 * The addon's errors as {@link StorageError}s.
 *
 * Constraints: what a caller sees has a stack that leads to the caller, also where a native thread rejected the promise; whatever the
 * addon throws becomes a `StorageError`.
 */
import { StorageError, type StorageErrorCode, type StorageErrorDetails } from "./errors.js";

/** What the addon puts on its errors. */
type NativeError = Error & StorageErrorDetails & { readonly code?: string };

/** `error` of the addon as a {@link StorageError}. */
export function fromNative(error: unknown): StorageError {
  if (error instanceof StorageError) return error;
  if (!(error instanceof Error)) return new StorageError("ERR_STORAGE_IO", String(error), { cause: error });
  const { code, message, holderPid, path, offset, actual, errno, syscall, cause } = error as NativeError;
  if (!code?.startsWith("ERR_STORAGE_")) return unexpected(error);
  const details: StorageErrorDetails = {
    ...(holderPid == null ? {} : { holderPid }),
    ...(path === undefined ? {} : { path }),
    ...(offset === undefined ? {} : { offset }),
    ...(actual === undefined ? {} : { actual }),
    // Negative, as in Node's own errors.
    ...(errno == null ? {} : { errno: -Math.abs(errno) }),
    ...(syscall === undefined ? {} : { syscall }),
    ...(cause === undefined ? {} : { cause: fromNative(cause) }),
  };
  return new StorageError(code as StorageErrorCode, message, details);
}

/** A wrong type that reached the addon, or a panic it caught. */
function unexpected(error: NativeError): StorageError {
  const code = error.code === "GenericFailure" ? "ERR_STORAGE_POISONED" : "ERR_STORAGE_INVALID_ARGUMENT";
  return new StorageError(code, error.message, { cause: error });
}

/** Makes a call of the addon. @throws {@link StorageError} */
export function native<T>(call: () => T): T {
  try {
    return call();
  } catch (error) {
    throw fromNative(error);
  }
}

/** Makes a call of the addon that answers later; also what it throws at once becomes a rejection. */
export async function nativeLater<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    const failure = fromNative(error);
    Error.captureStackTrace(failure, nativeLater);
    throw failure;
  }
}
