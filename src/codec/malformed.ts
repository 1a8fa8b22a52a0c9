/** What decoding throws. */
import { nameErrors, StorageError } from "../errors.js";

/**
 * Bytes that are no MessagePack value, or none that this codec reads: code `ERR_STORAGE_CORRUPT`, with
 * `offset` in bytes from the value's beginning. Who knows the file adds its `path`.
 */
export class MalformedError extends StorageError {
  static {
    nameErrors(MalformedError.prototype, "MalformedError");
  }

  declare readonly offset: number;

  constructor(what: string, offset: number) {
    super("ERR_STORAGE_CORRUPT", `malformed MessagePack at byte ${offset}: ${what}`, { offset });
  }
}
