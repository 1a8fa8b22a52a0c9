/** The one order of all changes, whoever makes them and whether they are waited for. */
import { expect, it } from "vitest";
import { noise, utf8 } from "../support/bytes.js";
import { durableThrough } from "../support/durable-mark.js";
import { Scratch } from "../support/scratch.js";

const scratch = new Scratch();

// Saves that are compressed side by side and accepted in the order in which they finish.
it("keeps the calls of one id in order, over handles and without waiting", async () => {
  const [one, two] = [scratch.open(), scratch.open()];
  const large = noise(1, 10_000_000);
  const calls = [
    one.saveCheckpoint("agent", large),
    two.saveCheckpoint("agent", utf8("small")),
    one.deleteCheckpoint("agent"),
    two.saveCheckpoint("agent", utf8("other")),
  ] as const;
  expect(`${two.loadCheckpointSync("agent")}`).toBe("other");
  expect(one.checkpointHistory("agent").map(({ version }) => version)).toEqual([1]);
  const [first, second, deleted, third] = await Promise.all(calls);
  expect([first.version, second.version, deleted, third.version]).toEqual([1, 2, true, 1]);
  expect(third.position).toBeGreaterThan(second.position);
  expect(second.position).toBeGreaterThan(first.position);
});

it("shows a call that follows every call before it, through any handle", async () => {
  const [one, two] = [scratch.open(), scratch.open()];
  const saves = Array.from({ length: 20 }, (_, count) =>
    one.saveCheckpoint(`id ${count}`, noise(count, 300_000)),
  );
  expect([...two.checkpoints()].length).toBe(20);
  one.appendEvent(utf8("a"));
  expect(two.lastSequence()).toBe(1);
  const loads = await Promise.all(saves.map((_, count) => two.loadCheckpoint(`id ${count}`)));
  expect(loads.every((data, count) => data?.equals(noise(count, 300_000)))).toBe(true);
  await Promise.all(saves);
});

// A flush that covers only what was accepted when it was called.
it("covers by a flush every save before it that nobody waits for", async () => {
  const path = scratch.path();
  const engine = scratch.open({ syncIntervalMs: 3_600_000 });
  const saves = Array.from({ length: 8 }, (_, count) =>
    engine.saveCheckpoint(`${count}`, noise(count, 1_000_000)),
  );
  engine.appendEvent(utf8("last"));
  await engine.flush();
  const positions = [...engine.checkpoints()].map(({ position }) => position);
  expect(positions.length).toBe(8);
  expect(durableThrough(path)).toBeGreaterThanOrEqual(Math.max(...positions));
  expect(engine.stats()).toMatchObject({ pendingSaves: 0, syncLagMs: 0 });
  await Promise.all(saves);
});

it("does so on the spot, too", () => {
  const engine = scratch.open({ syncIntervalMs: 3_600_000 });
  void engine.saveCheckpoint("agent", noise(1, 3_000_000));
  const sequence = engine.appendEvent(utf8("last"));
  engine.flushSync();
  const [event] = engine.replayEvents(sequence);
  expect(durableThrough(scratch.path())).toBeGreaterThanOrEqual(event?.position ?? Number.NaN);
  expect(engine.stats().pendingSaves).toBe(0);
});

// An event that waits in a queue behind compressions.
it("appends events while saves are pending, without waiting for them", async () => {
  const engine = scratch.open();
  // One id: they run one after the other, far longer than an append takes.
  const saves = Array.from({ length: 6 }, (_, count) =>
    engine.saveCheckpoint("agent", noise(count, 8_000_000)),
  );
  engine.appendEvent(utf8("meanwhile"));
  expect(engine.stats().pendingSaves).toBeGreaterThan(0);
  const [event] = engine.replayEvents(0);
  const infos = await Promise.all(saves);
  expect(event?.position).toBeLessThan(infos.at(-1)?.position ?? 0);
});

it("makes every call of a handle durable before it returns where that was asked for", async () => {
  const path = scratch.path();
  const engine = scratch.open({ durability: "sync", syncIntervalMs: 3_600_000 });
  const checks: [string, () => unknown][] = [
    ["an event", () => engine.appendEvent(utf8("a"))],
    ["events", () => engine.appendEvents([utf8("b"), utf8("c")])],
    ["a prune", () => engine.prune(2)],
    ["a batch", () => engine.batch().appendEvent(utf8("d")).commitSync()],
    ["a deletion of a stream", () => engine.deleteStream("")],
    ["a save", () => engine.saveCheckpointSync("agent", utf8("data"))],
    ["a delete", () => engine.deleteCheckpointSync("agent")],
  ];
  let before = durableThrough(path);
  for (const [what, call] of checks) {
    call();
    const now = durableThrough(path);
    expect(now, what).toBeGreaterThan(before);
    before = now;
  }
});
