/**
 * Records in a drop-in's store that the drop-in did not write: `StorageEngine` on `<rootDir>/engine` stores any bytes, under any id and in any stream.
 *
 * Constraint: they are no damage. The engine has checked the bytes it handed out, so what cannot be understood was never ours.
 */
import { StorageError } from "../errors.js";

/**
 * The refusal of such a record.
 *
 * @param what - which one it is
 * @param advice - what can be done about it, as an imperative
 * @param path - the engine's directory
 */
export function foreignRecord(what: string, advice: string, path: string): StorageError {
  const message = `${what} in ${path} is sound, but was not written by this drop-in: ${advice}`;
  return new StorageError("ERR_STORAGE_UNSUPPORTED_FORMAT", message, { path });
}
