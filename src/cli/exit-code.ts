/**
 * What the process's exit code tells a script.
 *
 * Constraint: promised, like the codes of errors; the README lists them.
 */
export const EXIT = {
  /** Sound, or done. */
  done: 0,
  /** Damage was found, also by opening. */
  damage: 1,
  /** Anything else: wrong usage, no store there, held by another process, refused by the system. */
  failed: 2,
  /** Ctrl-C; 128 and the signal's number, as shells say it. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
