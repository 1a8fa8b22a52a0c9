/** The end of a handle. */
import { describe, expect, it } from "vitest";
import { StorageEngine } from "../../src/engine.js";
import { noise, utf8 } from "../support/bytes.js";
import { durableThrough } from "../support/durable-mark.js";
import { Scratch } from "../support/scratch.js";

const scratch = new Scratch();
/** It names the store: a program has many. */
const closed = {
  asymmetricMatch: (error: unknown) =>
    expect
      .objectContaining({
        name: "StorageError",
        code: "ERR_STORAGE_CLOSED",
        path: scratch.path(),
        message: expect.stringContaining(scratch.path()),
      })
      .asymmetricMatch(error),
};

describe("close", () => {
  it("finishes what is pending, then refuses every call", async () => {
    const engine = scratch.open();
    const other = scratch.open();
    const saves = Array.from({ length: 4 }, (_, count) =>
      engine.saveCheckpoint("agent", noise(count, 4_000_000)),
    );
    const compaction = engine.compact();
    const batch = engine.batch().appendEvent(utf8("late"));
    const closing = engine.close();
    const calls: (() => unknown)[] = [
      () => engine.appendEvent(utf8("late")),
      () => engine.appendEvents([]),
      () => engine.replayEvents(0),
      () => engine.prune(1),
      () => engine.lastSequence(),
      () => engine.streams(),
      () => engine.deleteStream("late"),
      () => engine.saveCheckpoint("agent", utf8("late")),
      () => engine.saveCheckpointSync("agent", utf8("late")),
      () => engine.loadCheckpoint("agent"),
      () => engine.loadCheckpointSync("agent"),
      () => engine.deleteCheckpoint("agent"),
      () => engine.deleteCheckpointSync("agent"),
      () => engine.checkpoints(),
      () => engine.checkpointHistory("agent"),
      () => engine.batch(),
      () => batch.commit(),
      () => engine.flush(),
      () => engine.flushSync(),
      () => engine.compact(),
      () => engine.verify(),
      () => engine.backup(scratch.path("copy")),
      () => engine.stats(),
    ];
    for (const call of calls) await expect((async () => call())(), `${call}`).rejects.toEqual(closed);
    await closing;
    expect((await Promise.all(saves)).map(({ version }) => version)).toEqual([1, 2, 3, 4]);
    expect((await compaction).bytesAfter).toBeGreaterThan(0);
    expect(other.checkpointHistory("agent").length).toBe(4);
    expect(other.lastSequence()).toBe(0);
  });

  it("may be called again, in either form, while it is under way and after", async () => {
    const engine = scratch.open();
    void engine.saveCheckpoint("agent", noise(1, 2_000_000));
    const closings = [engine.close(), engine.close()];
    engine.closeSync();
    await Promise.all(closings);
    await engine.close();
    engine.closeSync();
    const again = scratch.open();
    expect(again.loadCheckpointSync("agent")?.equals(noise(1, 2_000_000))).toBe(true);
  });

  it("makes everything durable and gives the store back", async () => {
    const path = scratch.path();
    const engine = scratch.open({ syncIntervalMs: 3_600_000 });
    engine.appendEvent(utf8("last"));
    const [event] = engine.replayEvents(0);
    await engine.close();
    expect(durableThrough(path)).toBe(event?.position);
    // Only a store that nobody has open can be verified by its directory.
    expect(await StorageEngine.verify(path)).toMatchObject({ ok: true, events: 1, damage: [] });
  });

  it("ends the iterators of its handle, and of no other", async () => {
    const [engine, other] = [scratch.open(), scratch.open()];
    for (let count = 0; count < 500; count++) engine.appendEvent(utf8(`${count}`));
    engine.batch().saveCheckpoint("a", utf8("a")).saveCheckpoint("b", utf8("b")).commitSync();
    const [events, infos, othersEvents] = [
      engine.replayEvents(0),
      engine.checkpoints(),
      other.replayEvents(0),
    ];
    const unread = engine.replayEvents(0);
    const exhausted = engine.replayEvents(500);
    expect([...exhausted].length).toBe(1);
    events.next();
    infos.next();
    await engine.close();
    // Also where the next one was read ahead.
    expect(() => events.next()).toThrow(closed);
    expect(() => infos.next()).toThrow(closed);
    expect(() => unread.next()).toThrow(closed);
    expect(exhausted.next().done).toBe(true);
    expect([...othersEvents].length).toBe(500);
  });
});

describe("disposal", () => {
  it("closes at the end of a block", async () => {
    const engine = scratch.open();
    engine[Symbol.dispose]();
    expect(() => engine.stats()).toThrow(closed);
    const other = await StorageEngine.open(scratch.path());
    await other[Symbol.asyncDispose]();
    expect(() => other.stats()).toThrow(closed);
  });
});
