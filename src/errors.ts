/**
 * The one error class of this package.
 *
 * Constraints: codes are promised and never change; messages may. A field is present only where its
 * code gives it a meaning, so `error.path === undefined` says that no path is involved. Nothing in the
 * package throws anything else, with one exception: an aborted call rejects with its signal's reason.
 */

/** The stable words for what went wrong; new ones may be added, none is ever renamed. */
export type StorageErrorCode =
  /** Another process, or another copy of the addon, holds the store; has `holderPid`. */
  | "ERR_STORAGE_LOCKED"
  /** Bytes are not what was written; has `path` and `offset`. */
  | "ERR_STORAGE_CORRUPT"
  /** Sound, but not of a format that is read here: of another version, or raw bytes in a drop-in's store. */
  | "ERR_STORAGE_UNSUPPORTED_FORMAT"
  /** The directory holds something that is not a store. */
  | "ERR_STORAGE_NOT_A_STORE"
  /** There is no store, and `createIfMissing` is false. */
  | "ERR_STORAGE_NOT_FOUND"
  /** The handle, or what an iterator came from, was closed. */
  | "ERR_STORAGE_CLOSED"
  /** A stream's last sequence is not the expected one; has `actual`. */
  | "ERR_STORAGE_CONFLICT"
  /** An earlier write or sync failed and ended writing; has `cause`. */
  | "ERR_STORAGE_POISONED"
  /** No space is left; nothing was written and the store goes on. */
  | "ERR_STORAGE_FULL"
  /** The operating system refused; has `errno`, `syscall` and `path`. */
  | "ERR_STORAGE_IO"
  /** An argument is of the wrong type or out of range. */
  | "ERR_STORAGE_INVALID_ARGUMENT"
  /** A record is larger than `maxRecordBytes`. */
  | "ERR_STORAGE_TOO_LARGE"
  /** The file system or the directory is not writable. */
  | "ERR_STORAGE_READ_ONLY"
  /** A value that MessagePack cannot hold; has `property`. */
  | "ERR_STORAGE_UNSERIALIZABLE"
  /** No native binary loads on this platform. */
  | "ERR_STORAGE_UNAVAILABLE";

/** What a {@link StorageError} can carry beside its code. */
export interface StorageErrorDetails {
  /** The process that holds the store. */
  readonly holderPid?: number;
  /** The file or directory concerned. */
  readonly path?: string;
  /** Bytes from the beginning of `path`, or of the value that was being decoded. */
  readonly offset?: number;
  /** The stream's actual last sequence. */
  readonly actual?: number;
  /** The operating system's error number, negative as in Node's own errors. */
  readonly errno?: number;
  /** The system call that failed. */
  readonly syscall?: string;
  /** Where in the refused value the fault lies, as `messages[3].content`; empty for the value itself. */
  readonly property?: string;
  /** The error that led to this one. */
  readonly cause?: unknown;
}

/** A failure of the storage; `code` says which. */
export class StorageError extends Error {
  static {
    nameErrors(StorageError.prototype, "StorageError");
  }

  readonly code: StorageErrorCode;
  declare readonly holderPid?: number;
  declare readonly path?: string;
  declare readonly offset?: number;
  declare readonly actual?: number;
  declare readonly errno?: number;
  declare readonly syscall?: string;
  declare readonly property?: string;

  constructor(code: StorageErrorCode, message: string, details: StorageErrorDetails = {}) {
    const { cause, ...fields } = details;
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    for (const [field, value] of Object.entries(fields)) {
      if (value !== undefined)
        Object.defineProperty(this, field, { value, enumerable: true, configurable: true });
    }
  }
}

/** Names a class's errors once for all of them, on its prototype, as the built-in classes do. */
export function nameErrors(prototype: StorageError, name: string): void {
  Object.defineProperty(prototype, "name", { value: name, writable: true, configurable: true });
}

/** What a handle that was closed throws from then on. */
export function closedError(path: string): StorageError {
  const message = `the store in ${path} was closed by this handle; open it again to go on`;
  return new StorageError("ERR_STORAGE_CLOSED", message, { path });
}
