/** Processes of their own, which use the package as it was built. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";

const entry = join(import.meta.dirname, "../../dist/index.js");

/** A guard against a child that never ends; no test depends on it. */
const TIMEOUT_MS = 100_000;

/** What a child has beside `code`. */
const PRELUDE = `
  const storage = require(${JSON.stringify(entry)});
  const fs = require("node:fs");
  const input = JSON.parse(process.argv[1]);
  const answer = (value) => process.stdout.write(JSON.stringify(value));
  const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  /** What this process has open below a directory. */
  const openBelow = (directory) => fs.readdirSync("/proc/self/fd").flatMap((fd) => {
    try {
      return [fs.readlinkSync("/proc/self/fd/" + fd)];
    } catch {
      return [];
    }
  }).filter((path) => path.startsWith(directory));
  /** Waits until nothing is open there any more; the guard ends a wait that would not. */
  const untilReleased = async (directory, meanwhile = () => {}) => {
    const start = Date.now();
    while (openBelow(directory).length > 0 && Date.now() - start < 60_000) {
      meanwhile();
      await sleep(10);
    }
    return openBelow(directory).length;
  };
`;

/** Runs `code`, the body of an async function that gets `input`, and gives what it passed to `answer`. */
export async function runChild(
  code: string,
  input: unknown,
  nodeArgs: readonly string[] = [],
): Promise<unknown> {
  const script = `${PRELUDE}(async () => {${code}})().catch((error) => { console.error(error); process.exit(1); });`;
  const args = [...nodeArgs, "--eval", script, JSON.stringify(input)];
  const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: TIMEOUT_MS });
  return JSON.parse(stdout);
}
