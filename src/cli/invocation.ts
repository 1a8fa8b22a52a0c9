/**
 * What every verb is given.
 */
import type { ExitCode } from "./exit-code.js";
import type { Output } from "./output.js";
import type { StoreDirectory } from "./store-directory.js";

/** One call of the command. */
export interface Invocation {
  readonly store: StoreDirectory;
  /** Results, and nothing else. */
  readonly out: Output;
  /** Progress and remarks for a person. */
  readonly err: NodeJS.WriteStream;
  /** Where a person could answer. */
  readonly input: NodeJS.ReadStream;
  /** One JSON object instead of text. */
  readonly json: boolean;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
}

/** A verb with its own options; the code is that of the process. */
export type Verb<Options> = (invocation: Invocation, options: Options) => Promise<ExitCode>;
