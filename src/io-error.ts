/** Errors of the operating system, met by the parts that read and write files in TypeScript. */
import { StorageError } from "./errors.js";

/** Node's error code, as `ENOENT`; `undefined` where `error` is none of the operating system's. */
export function systemCode(error: unknown): string | undefined {
  return isSystemError(error) ? error.code : undefined;
}

/** `error`, met at `path`, as the `ERR_STORAGE_IO` that callers get. */
export function ioError(error: unknown, path: string): StorageError {
  const message = error instanceof Error ? error.message : String(error);
  if (!isSystemError(error)) return new StorageError("ERR_STORAGE_IO", message, { path, cause: error });
  const { errno, syscall } = error;
  return new StorageError("ERR_STORAGE_IO", message, {
    path,
    cause: error,
    ...(errno === undefined ? {} : { errno }),
    ...(syscall === undefined ? {} : { syscall }),
  });
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && typeof (error as NodeJS.ErrnoException).code === "string";
}
