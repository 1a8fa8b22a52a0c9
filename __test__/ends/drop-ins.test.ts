/**
 * Processes that just end, with a drop-in that nobody closes: what they accepted is durable all the same. The bug this catches is a sync that is left to a finalizer or a
 * clean-up hook, which do not run then.
 */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, it } from "vitest";
import { NativeTaskGraphEventLog } from "../../src/compat/task-graph/native-task-graph-event-log.js";
import { newDirectory } from "../support/directories.js";
import { durableThrough } from "../support/durable-mark.js";
import { event } from "../support/runtime-shapes.js";

const entry = join(import.meta.dirname, "../../dist/index.js");

/** Appends an event whose sync is due in an hour, and then does `end`. */
function appendAnd(end: string, rootDir: string): number | null {
  const script = `
    const { NativeTaskGraphEventLog } = require(${JSON.stringify(entry)});
    const { rootDir, event } = JSON.parse(process.argv[1]);
    new NativeTaskGraphEventLog({ rootDir, syncIntervalMs: 3600000 }).append(event);
    ${end};`;
  const args = ["--eval", script, JSON.stringify({ rootDir, event: event(1) })];
  return spawnSync(process.execPath, args, { stdio: "ignore" }).status;
}

it.each([
  ["process.exit() right after an append", "process.exit(7)", 7],
  ["an uncaught exception", "throw new Error('nobody catches this')", 1],
  ["an unhandled rejection", "void Promise.reject(new Error('nor this'))", 1],
])("%s leaves the event durable", async (_name, end, status) => {
  const rootDir = newDirectory();
  expect(appendAnd(end, rootDir)).toBe(status);
  // The mark is written after a sync, and only the end of the process can have asked for one.
  expect(durableThrough(join(rootDir, "engine"))).toBeGreaterThan(0);
  const log = new NativeTaskGraphEventLog({ rootDir });
  expect(log.replay(0)).toStrictEqual([event(1)]);
  await log.close();
});
