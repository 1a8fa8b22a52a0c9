/**
 * Checking what callers pass, before it reaches the addon.
 *
 * Constraints: each check names the parameter and what it may be; none converts anything, but for bytes in shared memory, which are copied so that
 * nobody can change them while they are read.
 */
import { resolve } from "node:path";
import { types } from "node:util";
import { StorageError } from "./errors.js";
import { nearestName } from "./option-names.js";

/** The longest id, lineage or stream name in bytes of UTF-8. */
export const MAX_NAME_BYTES = 1024;

/** The most that is kept beside a checkpoint. */
export const MAX_META_BYTES = 64 * 1024;

/** The failure of a check. */
export function invalid(message: string): StorageError {
  return new StorageError("ERR_STORAGE_INVALID_ARGUMENT", message);
}

/** A value in a message: its type, or itself where it is short. */
export function describe(value: unknown): string {
  if (value === null) return "null";
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  return Array.isArray(value) ? "an array" : `a value of type ${typeof value}`;
}

/** A name: well-formed text of 0 to 1,024 bytes. */
export function checkName(what: string, value: unknown): string {
  if (typeof value !== "string") throw invalid(`${what} must be a string, not ${describe(value)}`);
  if (!isWellFormed(value)) throw invalid(`${what} must be well-formed text, without lone surrogates`);
  const bytes = Buffer.byteLength(value);
  if (bytes > MAX_NAME_BYTES) throw invalid(`${what} has ${bytes} bytes of UTF-8, at most ${MAX_NAME_BYTES}`);
  return value;
}

/** Whether `text` can be a name. */
export function isName(text: string): boolean {
  return isWellFormed(text) && Buffer.byteLength(text) <= MAX_NAME_BYTES;
}

/** A checkpoint's id: a name of at least one byte. */
export function checkId(value: unknown): string {
  const id = checkName("a checkpoint id", value);
  if (id === "") throw invalid("a checkpoint id must not be empty");
  return id;
}

function isWellFormed(text: string): boolean {
  return (text as string & { isWellFormed(): boolean }).isWellFormed();
}

/** A safe integer from `least` on. */
export function checkInteger(
  what: string,
  value: unknown,
  least: number,
  most = Number.MAX_SAFE_INTEGER,
): number {
  if (!Number.isSafeInteger(value) || (value as number) < least || (value as number) > most) {
    const range = most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`;
    throw invalid(`${what} must be a safe integer ${range}, not ${describe(value)}`);
  }
  return value as number;
}

/** The same, where it may be absent. */
export function checkOptionalInteger(
  what: string,
  value: unknown,
  least: number,
  most?: number,
): number | undefined {
  return value === undefined ? undefined : checkInteger(what, value, least, most);
}

/** A time: any number but NaN; absent is allowed. */
export function checkTime(what: string, value: unknown): number | undefined {
  if (value !== undefined && (typeof value !== "number" || Number.isNaN(value))) {
    throw invalid(`${what} must be a number, not ${describe(value)}`);
  }
  return value as number | undefined;
}

/** A yes or no; absent is allowed. */
export function checkBoolean(what: string, value: unknown): boolean | undefined {
  if (value !== undefined && typeof value !== "boolean") {
    throw invalid(`${what} must be true or false, not ${describe(value)}`);
  }
  return value as boolean | undefined;
}

/** A text that is not empty; absent is allowed. */
export function checkOptionalText(what: string, value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== "string") throw invalid(`${what} must be a string, not ${describe(value)}`);
  if (value === "") throw invalid(`${what} must not be empty`);
  return value;
}

/** One of some words; absent is allowed. */
export function checkWord<W extends string>(
  what: string,
  value: unknown,
  words: readonly W[],
): W | undefined {
  if (value !== undefined && !words.includes(value as W)) {
    throw invalid(`${what} must be ${words.map((word) => JSON.stringify(word)).join(" or ")}`);
  }
  return value as W | undefined;
}

/** Bytes: any view that is a `Uint8Array`. What lies in shared memory is copied. */
export function checkBytes(what: string, value: unknown): Uint8Array {
  // Not `instanceof`: a view may come from another realm, as all do under some test runners.
  if (!types.isUint8Array(value)) throw invalid(`${what} must be a Uint8Array, not ${describe(value)}`);
  return value.buffer instanceof ArrayBuffer || types.isArrayBuffer(value.buffer)
    ? value
    : new Uint8Array(value);
}

/** A checkpoint's meta; absent is empty. */
export function checkMeta(value: unknown): Uint8Array {
  if (value === undefined) return new Uint8Array(0);
  const meta = checkBytes("meta", value);
  if (meta.byteLength > MAX_META_BYTES) {
    throw new StorageError(
      "ERR_STORAGE_TOO_LARGE",
      `the meta has ${meta.byteLength} bytes, the limit is ${MAX_META_BYTES}`,
    );
  }
  return meta;
}

/** An object, whatever its class. */
export function checkObject(what: string, value: unknown): void {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw invalid(`${what} must be an object, not ${describe(value)}`);
}

/** An object of options with no other names than `names`, or nothing. */
export function checkOptions<T extends object>(given: T | undefined, names: readonly string[]): Partial<T> {
  if (given === undefined) return {};
  checkObject("options", given);
  for (const name of Object.keys(given)) {
    if (!names.includes(name)) throw unknownOption(name, names);
  }
  return given;
}

/** The refusal of an option that does not exist: it would count for nothing, and a guarantee be lost by a slip. */
export function unknownOption(name: string, names: readonly string[]): StorageError {
  const nearest = nearestName(name, names);
  const advice =
    nearest === undefined
      ? `the options are ${names.join(", ")}`
      : `did you mean ${JSON.stringify(nearest)}?`;
  return invalid(`there is no option ${JSON.stringify(name)}; ${advice}`);
}

/** A path, made absolute: the working directory may change before it is used. */
export function checkPath(what: string, value: unknown): string {
  // A URL in a text would become a directory called "file:" below the working directory.
  if (isUrl(value) || (typeof value === "string" && /^file:\/\//i.test(value))) {
    throw invalid(`${what} must be a path, not a URL: fileURLToPath() of node:url makes a path of it`);
  }
  if (typeof value !== "string") throw invalid(`${what} must be a path, not ${describe(value)}`);
  if (value === "") throw invalid(`${what} must not be empty`);
  if (value.includes("\0")) throw invalid(`${what} must not contain a null character`);
  return resolve(value);
}

/** Not `instanceof`: it may come from another realm. */
function isUrl(value: unknown): boolean {
  return typeof value === "object" && value !== null && "href" in value;
}
