/**
 * States that the log keeps by itself.
 *
 * The bug it would catch: events that were appended in one go, as by an import, of which only the last state is kept, so that every look back into them folds from their beginning.
 */
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it, vi } from "vitest";
import { nativeBinding } from "../src/binding.js";
import { NativeTaskGraphEventLog } from "../src/compat/task-graph/native-task-graph-event-log.js";
import { runTableKey } from "../src/compat/task-graph/run-table.js";
import { newDirectory } from "./support/directories.js";
import { event } from "./support/runtime-shapes.js";

const EVENTS = 20_000;
const STREAM = "task-graph";

/** Twice as many as come between two states. */
const MOST_READ = 2048;

it("are near to every moment of events that came at once", async () => {
  const rootDir = newDirectory();
  const log = new NativeTaskGraphEventLog({ rootDir });
  for (let id = 1; id <= EVENTS; id += 1) log.append(event(id));
  const engine = nativeBinding().NativeStore.lazy(join(rootDir, "engine"), {}, 0);
  const run = {
    stretches: Float64Array.of(1, Number.MAX_SAFE_INTEGER),
    key: runTableKey(STREAM),
  };
  const readFor = (id: number): number => engine.foldGraph(STREAM, run, 1, id + 1)?.eventsRead ?? Number.NaN;
  await vi.waitFor(() => expect(readFor(EVENTS)).toBeLessThan(MOST_READ), { timeout: 60_000, interval: 50 });
  for (let id = 500; id <= EVENTS; id += 500) expect(readFor(id), `at ${id}`).toBeLessThanOrEqual(MOST_READ);
  await engine.close();
  await log.close();
});

it("do not keep a log from being closed at once", async () => {
  const log = new NativeTaskGraphEventLog({ rootDir: newDirectory() });
  for (let id = 1; id <= EVENTS; id += 1) log.append(event(id));
  await sleep(1);
  await log.close();
  expect(() => log.rehydrate()).toThrow(expect.objectContaining({ code: "ERR_STORAGE_CLOSED" }));
});
