/** The command line: as it was built, in processes of its own, and within the test, which is quicker. */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { run, type Streams } from "../../src/cli/run.js";
import type { Ended } from "./node-process.js";

/** What `bin` names. */
export const COMMAND = join(import.meta.dirname, "../../dist/cli/main.js");

/** Starts the command. */
export function startCommand(args: readonly string[], command = COMMAND): ChildProcessWithoutNullStreams {
  return spawn(process.execPath, [command, ...args], { stdio: "pipe" });
}

/** What becomes of it; everything it still prints is read. */
export function endOf(child: ChildProcessWithoutNullStreams): Promise<Ended> {
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  child.stdin.end();
  return new Promise((resolve) => {
    child.on("close", (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
}

/** Runs the command to its end; it finds nobody at its input. */
export function runCommand(...args: readonly string[]): Promise<Ended> {
  return endOf(startCommand(args));
}

/** Runs the command within this process, without terminals. */
export async function callCommand(...args: readonly string[]): Promise<Omit<Ended, "signal">> {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  const printed = Promise.all([text(stdout), text(stderr)]);
  const code = await run(args, { stdin, stdout, stderr } as unknown as Streams);
  for (const stream of [stdout, stderr]) stream.end();
  const [out, err] = await printed;
  return { code, stdout: out, stderr: err };
}
