/**
 * The timeline against a filter over the events themselves.
 *
 * The bugs it would catch: an event of a superseded run in it, a page that leaves out or repeats events at its edges, a repeat that is forgotten because
 * the page begins behind its first.
 */
import { describe, expect, it } from "vitest";
import { NativeTaskGraphEventLog } from "../src/compat/task-graph/native-task-graph-event-log.js";
import type { TimelineEntry, TimelineOptions } from "../src/compat/task-graph/timeline.js";
import type { TaskGraphEvent } from "../src/types.js";
import { newDirectory } from "./support/directories.js";
import { randomGraphEvent } from "./support/graph-events.js";
import { seeds } from "./support/long-run.js";
import { event } from "./support/runtime-shapes.js";
import { SeededRandom } from "./support/seeded-random.js";

function entryOf(event: TaskGraphEvent, before: readonly TaskGraphEvent[]): TimelineEntry {
  const { sequenceId, type, nodeId, timestamp, idempotencyKey } = event;
  const isRepeat =
    idempotencyKey !== undefined && before.some((earlier) => earlier.idempotencyKey === idempotencyKey);
  return { sequenceId, type, nodeId, timestamp, ...(isRepeat ? { isRepeat } : {}) };
}

function wanted(entry: TimelineEntry, options: TimelineOptions): boolean {
  const { after = 0, types, nodeId, since, until } = options;
  return (
    entry.sequenceId > after &&
    (types === undefined || types.includes(entry.type)) &&
    (nodeId === undefined || entry.nodeId === nodeId) &&
    (since === undefined || entry.timestamp >= since) &&
    (until === undefined || entry.timestamp < until)
  );
}

describe("a timeline", () => {
  it("is the retained events of the run, filtered", async () => {
    for (const seed of seeds(1, 15)) {
      const random = new SeededRandom(seed);
      const log = new NativeTaskGraphEventLog({ rootDir: newDirectory() });
      let run: TaskGraphEvent[] = [];
      const append = (id: number): void => {
        const event = randomGraphEvent(random, id);
        run = [...run.filter(({ sequenceId }) => sequenceId < id), event];
        log.append(event);
      };
      for (let id = 1; id <= 120; id += 1) append(id);
      append(90);
      append(93);
      log.prune(20);
      const retained = run.filter(({ sequenceId }) => sequenceId >= 20);
      const all = retained.map((event, index) => entryOf(event, retained.slice(0, index)));
      expect(log.timeline(), `seed ${seed}`).toStrictEqual(all);
      for (let round = 0; round < 20; round += 1) {
        const time = (): string => new Date(random.below(2 ** 40)).toISOString();
        const options: TimelineOptions = {
          after: random.pick([undefined, 0, 19, 50, 89, 90, 92, 93, 500]),
          limit: random.pick([undefined, 0, 1, 7]),
          types: random.pick([undefined, [], ["node_created"], ["node_updated", "my_own"]]),
          nodeId: random.pick([undefined, "a", "", "nobody"]),
          since: random.pick([undefined, time()]),
          until: random.pick([undefined, time()]),
        };
        const expected = all.filter((entry) => wanted(entry, options)).slice(0, options.limit);
        expect(log.timeline(options), `seed ${seed}, ${JSON.stringify(options)}`).toStrictEqual(expected);
      }
      await log.close();
    }
  });

  it("lists everything page by page", async () => {
    const log = new NativeTaskGraphEventLog({ rootDir: newDirectory() });
    const random = new SeededRandom(1);
    for (let id = 1; id <= 2500; id += 1) log.append(randomGraphEvent(random, id));
    const ids: number[] = [];
    for (let page = log.timeline(); page.length > 0; page = log.timeline({ after: ids.at(-1) })) {
      expect(page.length).toBeLessThanOrEqual(1000);
      ids.push(...page.map(({ sequenceId }) => sequenceId));
    }
    expect(ids).toStrictEqual(Array.from({ length: 2500 }, (_, index) => index + 1));
    await log.close();
  });

  it("takes a moment in any form of ISO 8601", () => {
    const log = new NativeTaskGraphEventLog({ rootDir: newDirectory() });
    for (const id of [1, 2, 3]) log.append({ ...event(id), timestamp: `2026-01-0${id}T00:00:00.000Z` });
    const idsSince = (since: string) => log.timeline({ since }).map(({ sequenceId }) => sequenceId);
    expect(idsSince("2026-01-02T00:00:00Z")).toStrictEqual([2, 3]);
    expect(idsSince("2026-01-02T01:00:00+01:00")).toStrictEqual([2, 3]);
    expect(idsSince("2026-01-03")).toStrictEqual([3]);
    expect(log.timeline({ until: "2026-01-02T00:00:00Z" })).toHaveLength(1);
  });

  it("knows a repeat whose first lies before the page, up to ten thousand events", async () => {
    const log = new NativeTaskGraphEventLog({ rootDir: newDirectory() });
    const event = (sequenceId: number, idempotencyKey?: string): TaskGraphEvent => ({
      id: `${sequenceId}`,
      sequenceId,
      eventVersion: 1,
      nodeId: "a",
      type: "tool_call_started",
      timestamp: "2026-01-01T00:00:00.000Z",
      ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
      payload: {},
    });
    log.append(event(1, "early"));
    log.append(event(2, "late"));
    for (let id = 3; id <= 10_001; id += 1) log.append(event(id));
    log.append(event(10_002, "late"));
    log.append(event(10_003, "early"));
    expect(log.timeline({ after: 10_001 }).map(({ isRepeat }) => isRepeat)).toStrictEqual([true, undefined]);
    await log.close();
  });

  it("is empty where there is no log, and makes none", () => {
    expect(new NativeTaskGraphEventLog({ rootDir: newDirectory() }).timeline()).toStrictEqual([]);
  });

  it("refuses options that are none", () => {
    const log = new NativeTaskGraphEventLog({ rootDir: newDirectory() });
    for (const options of [{ limit: -1 }, { after: 1.5 }, { types: "x" }, { nodeId: 1 }, { typ: [] }]) {
      expect(() => log.timeline(options as never), JSON.stringify(options)).toThrow(
        expect.objectContaining({ code: "ERR_STORAGE_INVALID_ARGUMENT" }),
      );
    }
  });
});

describe("a look back", () => {
  it("refuses what is no sequenceId, and finds nothing where there is no log", () => {
    const log = new NativeTaskGraphEventLog({ rootDir: newDirectory() });
    for (const sequenceId of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, "1", 2 ** 53]) {
      expect(() => log.stateAt(sequenceId as number), String(sequenceId)).toThrow(
        expect.objectContaining({ code: "ERR_STORAGE_INVALID_ARGUMENT" }),
      );
    }
    expect(log.stateAt(1)).toBeNull();
    expect(log.rehydrate()).toBeNull();
  });
});
