/**
 * One call of the command, from its arguments to its exit code.
 *
 * Constraints: never rejects; results go to standard output, everything else to standard error, except that with `--json` an error is the result; a reader that has gone
 * ends the command without a word.
 */
import { EXIT, type ExitCode } from "./exit-code.js";
import { exitCodeOf, failureObject, failureText } from "./failure.js";
import { interruptible } from "./interrupt.js";
import { Output, ReaderGone } from "./output.js";
import { parse } from "./program.js";
import { findStore, type StoreDirectory } from "./store-directory.js";

/** Where the command reads and writes; a process has it all. */
export type Streams = Pick<NodeJS.Process, "stdin" | "stdout" | "stderr">;

/** Does what `args` ask for. */
export async function run(args: readonly string[], streams: Streams): Promise<ExitCode> {
  const { stdin: input, stdout, stderr: err } = streams;
  const out = new Output(stdout);
  // What cannot be said is no reason to end: the exit code says it, too.
  err.on("error", () => {});
  let json = args.includes("--json");
  let store: StoreDirectory | undefined;
  let code: ExitCode = EXIT.done;
  try {
    const request = parse(args, (help) => void stdout.write(help));
    if (request === undefined) return code;
    json = request.json;
    await interruptible(async (signal) => {
      store = await findStore(request.directory);
      code = await request.verb({ store, out, err, input, json, signal }, request.options);
      await out.flush();
    });
    return code;
  } catch (error) {
    if (error instanceof ReaderGone) return code;
    const isTold = await tellOnOutput(error, json ? { ...store } : undefined, out);
    if (!isTold) err.write(`${failureText(error)}\n`);
    return exitCodeOf(error);
  }
}

/** Tells of a failure as JSON, with the fields of `json`, where there are such; whether it is told by that. */
async function tellOnOutput(error: unknown, json: object | undefined, out: Output): Promise<boolean> {
  try {
    if (json !== undefined) await out.line(JSON.stringify({ ...json, error: failureObject(error) }));
    // What was dumped before the failure is sound.
    await out.flush();
    return json !== undefined;
  } catch {
    // The output takes nothing, which may be the failure itself.
    return false;
  }
}
