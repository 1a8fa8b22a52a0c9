/**
 * What went wrong, for a script and for a person.
 *
 * Constraints: damage is told from every other failure by the exit code; a person is told what to do next; nothing is swallowed, an error that nobody expected has its
 * stack.
 */
import { StorageError } from "../errors.js";
import { EXIT, type ExitCode } from "./exit-code.js";
import { Interrupted } from "./interrupt.js";
import { visible } from "./text.js";
import { UsageError } from "./usage-error.js";

/** A repair that is refused: advice to repair would lead in a circle. */
export class Unrepairable extends Error {
  override readonly cause: StorageError;

  constructor(cause: StorageError) {
    super(cause.message);
    this.cause = cause;
  }
}

/** The exit code that `error` ends the command with. */
export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof Interrupted) return EXIT.interrupted;
  if (error instanceof Unrepairable) return EXIT.damage;
  return error instanceof StorageError && error.code === "ERR_STORAGE_CORRUPT" ? EXIT.damage : EXIT.failed;
}

/** `error` as JSON: `code`, `message`, and the other fields it has. */
export function failureObject(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { code: "ERR_UNEXPECTED", message: String(error) };
  if (error instanceof Unrepairable) return failureObject(error.cause);
  const { message, cause, ...fields } = error as Error & { code?: unknown };
  return {
    ...{ code: "ERR_UNEXPECTED", message, ...fields },
    ...(cause === undefined ? {} : { cause: failureObject(cause) }),
  };
}

/** `error` as text, with what to do about it. */
export function failureText(error: unknown): string {
  return visible(sentences(error));
}

function sentences(error: unknown): string {
  if (error instanceof Interrupted) return error.message;
  if (error instanceof Unrepairable)
    return `error: ${error.message} (${error.cause.code})\nNothing was changed, and no repair can help here. Restore a backup.`;
  if (error instanceof UsageError) return `error: ${error.message}`;
  if (!(error instanceof StorageError)) return `error: ${unexpected(error)}`;
  const advice = ADVICE[error.code]?.(error);
  return `error: ${error.message} (${error.code})${advice === undefined ? "" : `\n${advice}`}`;
}

/** A refusal of the system says all there is to know in its message; anything else is a fault of this package. */
function unexpected(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return "syscall" in error ? error.message : (error.stack ?? error.message);
}

const ADVICE: Partial<Record<StorageError["code"], (error: StorageError) => string>> = {
  ERR_STORAGE_LOCKED: ({ holderPid }) =>
    `${holderPid === undefined ? "Another process" : `The process ${holderPid}`} has the store open; close it there first.`,
  ERR_STORAGE_CORRUPT: () =>
    "Nothing was changed. Restore a backup, or keep what can be read: see `agent-storage-engine repair --help`.",
  ERR_STORAGE_NOT_A_STORE: () =>
    "Nothing was changed. Remove what is no part of the store, or put back what belongs there.",
  ERR_STORAGE_READ_ONLY: () => "A repair has to write into the directory: allow it, or repair a copy.",
  ERR_STORAGE_NOT_FOUND: () =>
    "A store is the directory that StorageEngine.open was given, or the rootDir of a drop-in.",
};
