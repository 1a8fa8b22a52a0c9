/** Streams of events. */
import { describe, expect, it } from "vitest";
import { noise, utf8 } from "../support/bytes.js";
import { Scratch } from "../support/scratch.js";

const scratch = new Scratch();

function texts(events: Iterable<{ data: Buffer }>): string[] {
  return Array.from(events, ({ data }) => data.toString());
}

describe("appending", () => {
  // Streams that share one counter, or a first sequence of 0.
  it("counts each stream by itself from 1", () => {
    const engine = scratch.open();
    expect(engine.appendEvent(utf8("a"))).toBe(1);
    expect(engine.appendEvent(utf8("b"), "other")).toBe(1);
    expect(engine.appendEvents([utf8("c"), utf8("d")])).toBe(2);
    expect(engine.appendEvents([])).toBe(4);
    expect(engine.lastSequence()).toBe(3);
    expect(engine.lastSequence("other")).toBe(1);
    expect(engine.lastSequence("never")).toBe(0);
  });

  // A condition that is checked against another stream, or refused without saying what the sequence is.
  it("refuses with the actual sequence where another was expected, and appends nothing", () => {
    const engine = scratch.open();
    engine.appendEvents([utf8("a"), utf8("b")], "log");
    expect(engine.appendEvent(utf8("c"), "log", { after: 2 })).toBe(3);
    const conflict = { code: "ERR_STORAGE_CONFLICT", actual: 3 };
    expect(() => engine.appendEvent(utf8("d"), "log", { after: 2 })).toThrow(
      expect.objectContaining(conflict),
    );
    expect(() => engine.appendEvents([utf8("d")], "log", { after: 0 })).toThrow(
      expect.objectContaining(conflict),
    );
    expect(engine.appendEvent(utf8("first"), "new", { after: 0 })).toBe(1);
    expect(engine.lastSequence("log")).toBe(3);
  });

  // A binding that keeps the caller's memory instead of a copy.
  it("takes any view, copies it at once, and copies shared memory too", () => {
    const engine = scratch.open();
    const whole = Buffer.from("0123456789");
    const views = [
      whole.subarray(2, 5),
      new Uint8Array(whole.buffer, whole.byteOffset + 5, 3),
      Buffer.alloc(0),
    ];
    const shared = new Uint8Array(new SharedArrayBuffer(3)).fill(0x73);
    for (const view of [...views, shared]) engine.appendEvent(view);
    engine.appendEvents([...views, shared]);
    whole.fill(0x78);
    shared.fill(0x78);
    expect(texts(engine.replayEvents(0))).toEqual(["234", "567", "", "sss", "234", "567", "", "sss"]);
  });

  // A frame's limit that is taken for an event's limit.
  it("takes an event larger than a frame, and refuses one beyond the limit", () => {
    const engine = scratch.open({ maxRecordBytes: 3_000_000 });
    const large = noise(1, 3_000_000);
    engine.appendEvents([utf8("before"), large, utf8("after")]);
    const tooLarge = expect.objectContaining({ code: "ERR_STORAGE_TOO_LARGE" });
    expect(() => engine.appendEvent(Buffer.alloc(3_000_001))).toThrow(tooLarge);
    const [before, middle, after] = engine.replayEvents(0);
    expect(middle?.data.equals(large)).toBe(true);
    expect(`${before?.data} ${after?.data}`).toBe("before after");
    // A small event beside a large one must not keep the large one's memory.
    expect(before?.data.buffer.byteLength).toBeLessThan(100_000);
  });
});

describe("replaying", () => {
  it("gives what was appended, with sequence, position and time", () => {
    const engine = scratch.open();
    const start = Date.now();
    for (let count = 0; count < 300; count++) engine.appendEvent(utf8(`event ${count}`), "log");
    const events = [...engine.replayEvents(0, { stream: "log" })];
    expect(events.map(({ data }) => `${data}`)).toEqual(events.map((_, index) => `event ${index}`));
    expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, index) => index + 1));
    expect(events.every(({ timestamp }) => timestamp >= start - 1 && timestamp <= Date.now() + 1)).toBe(true);
    const positions = events.map(({ position }) => position);
    expect(positions).toEqual([...positions].sort((left, right) => left - right));
    expect(new Set(positions).size).toBe(300);
    for (const { data } of events) {
      expect(Buffer.isBuffer(data)).toBe(true);
      expect(data.buffer).toBeInstanceOf(ArrayBuffer);
    }
  });

  it("starts at any sequence and stops at a limit", () => {
    const engine = scratch.open();
    engine.appendEvents(["a", "b", "c", "d", "e"].map(utf8));
    expect(texts(engine.replayEvents(3))).toEqual(["c", "d", "e"]);
    expect(texts(engine.replayEvents(2, { limit: 2 }))).toEqual(["b", "c"]);
    expect(texts(engine.replayEvents(2, { limit: 0 }))).toEqual([]);
    expect(texts(engine.replayEvents(6))).toEqual([]);
    expect(texts(engine.replayEvents(0, { stream: "never" }))).toEqual([]);
  });

  // An iterator that starts when it is first read, so that it shows later events.
  it("is a snapshot taken at the call, whatever is appended or pruned meanwhile", () => {
    const engine = scratch.open();
    for (let count = 0; count < 500; count++) engine.appendEvent(utf8(`${count}`));
    const events = engine.replayEvents(0);
    engine.prune(400);
    engine.appendEvent(utf8("late"));
    expect(texts(events)).toEqual(Array.from({ length: 500 }, (_, count) => `${count}`));
    engine.deleteStream("");
  });

  // A handle left open natively, or one that goes on after a `break`.
  it("ends where a loop breaks off", () => {
    const engine = scratch.open();
    engine.appendEvents(["a", "b", "c"].map(utf8));
    const events = engine.replayEvents(0);
    for (const { data } of events) if (`${data}` === "a") break;
    expect(events.next()).toEqual({ done: true, value: undefined });
    expect(events[Symbol.iterator]()).toBe(events);
  });
});

describe("pruning and deleting", () => {
  it("removes what is before a sequence and keeps counting", () => {
    const engine = scratch.open();
    engine.appendEvents(["a", "b", "c"].map(utf8), "log");
    expect(engine.prune(3, "log")).toBe(2);
    expect(engine.prune(3, "log")).toBe(0);
    expect(engine.prune(1, "never")).toBe(0);
    expect(texts(engine.replayEvents(0, { stream: "log" }))).toEqual(["c"]);
    expect(engine.prune(Number.MAX_SAFE_INTEGER, "log")).toBe(1);
    expect(engine.appendEvent(utf8("d"), "log")).toBe(4);
  });

  it("lists streams by name, and forgets one with its sequence", () => {
    const engine = scratch.open();
    engine.appendEvents([utf8("aaa"), utf8("bb")], "z");
    engine.appendEvent(utf8("c"), "a/b");
    engine.prune(2, "z");
    expect(engine.streams()).toEqual([
      { name: "a/b", firstSequence: 1, lastSequence: 1, bytes: 1 },
      { name: "z", firstSequence: 2, lastSequence: 2, bytes: 2 },
    ]);
    expect(engine.deleteStream("z")).toBe(true);
    expect(engine.deleteStream("z")).toBe(false);
    expect(engine.streams().map(({ name }) => name)).toEqual(["a/b"]);
    expect(engine.appendEvent(utf8("again"), "z")).toBe(1);
  });
});
