/** A call that cannot mean anything; the message tells a person what would. */
export class UsageError extends Error {
  readonly code = "ERR_USAGE";
}
