/** Batches: all or nothing, in one place of the order. */
import { describe, expect, it } from "vitest";
import { noise, utf8 } from "../support/bytes.js";
import { Scratch } from "../support/scratch.js";

const scratch = new Scratch();
const forms = ["commit", "commitSync"] as const;

describe.each(forms)("a batch by %s", (form) => {
  it("does everything in one place of the order", async () => {
    const engine = scratch.open();
    engine.appendEvents([utf8("old"), utf8("older")], "log");
    engine.saveCheckpointSync("gone", utf8("gone"));
    const batch = engine
      .batch()
      .expect("log", 2)
      .appendEvent(utf8("a"), "log")
      .appendEvents([utf8("b"), utf8("c")], "log")
      .expect("log", 5)
      .saveCheckpoint("agent", noise(1, 100_000), { meta: utf8("m"), lineage: "run", time: 7 })
      .deleteCheckpoint("gone")
      .deleteCheckpoint("never")
      .prune(2, "log")
      .deleteStream("none");
    const result = await batch[form]();
    expect(result).toMatchObject({
      sequences: [3, 4],
      deleted: [true, false],
      pruned: [1],
      deletedStreams: [false],
    });
    const [saved] = result.checkpoints;
    expect(saved).toMatchObject({
      id: "agent",
      version: 1,
      lineage: "run",
      time: 7,
      position: result.position,
    });
    const events = [...engine.replayEvents(0, { stream: "log" })];
    expect(events.map(({ data }) => `${data}`)).toEqual(["older", "a", "b", "c"]);
    expect(events.slice(1).every(({ position }) => position === result.position)).toBe(true);
    expect(engine.loadCheckpointSync("gone")).toBeNull();
  });

  // A batch whose earlier half stays where a later condition fails.
  it("that expects another sequence changes nothing and says which it is", async () => {
    const engine = scratch.open();
    engine.appendEvent(utf8("a"), "log");
    const batch = engine
      .batch()
      .appendEvent(utf8("b"), "other")
      .saveCheckpoint("agent", utf8("data"))
      .expect("log", 7);
    await expect((async () => batch[form]())()).rejects.toMatchObject({
      name: "StorageError",
      code: "ERR_STORAGE_CONFLICT",
      actual: 1,
    });
    expect(engine.streams().map(({ name }) => name)).toEqual(["log"]);
    expect([...engine.checkpoints()]).toEqual([]);
  });

  it("copies what it is given when it is given", async () => {
    const engine = scratch.open();
    const data = Buffer.alloc(50_000, 1);
    const shared = new Uint8Array(new SharedArrayBuffer(10)).fill(1);
    const batch = engine.batch().appendEvents([data, shared]).saveCheckpoint("agent", data, { meta: shared });
    data.fill(2);
    shared.fill(2);
    await batch[form]();
    const all = [...engine.replayEvents(0)].map((event) => event.data);
    all.push(
      engine.loadCheckpointSync("agent") ?? utf8("none"),
      [...engine.checkpoints()][0]?.meta ?? utf8("none"),
    );
    expect(all.map((bytes) => bytes.every((byte) => byte === 1))).toEqual([true, true, true, true]);
  });

  it("is committed once", async () => {
    const engine = scratch.open();
    const batch = engine.batch().appendEvent(utf8("a"));
    await batch[form]();
    const committed = expect.objectContaining({ code: "ERR_STORAGE_INVALID_ARGUMENT" });
    expect(() => batch.appendEvent(utf8("b"))).toThrow(committed);
    await expect((async () => batch[form]())()).rejects.toEqual(committed);
    expect(engine.lastSequence()).toBe(1);
  });

  it("may be empty, or larger than a frame", async () => {
    const engine = scratch.open();
    await engine.batch()[form]();
    const large = [noise(1, 900_000), noise(2, 900_000), noise(3, 10)];
    const { sequences } = await engine
      .batch()
      .appendEvents(large)
      .saveCheckpoint("a", noise(4, 2_000_000))
      [form]();
    expect(sequences).toEqual([1]);
    expect(
      [...engine.replayEvents(0)].every(({ data }, index) => data.equals(large[index] ?? utf8(""))),
    ).toBe(true);
    expect(engine.loadCheckpointSync("a")?.equals(noise(4, 2_000_000))).toBe(true);
  });
});
