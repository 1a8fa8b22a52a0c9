/**
 * What callers have come to rely on of the values they store: the same for a checkpoint and for an event, from the call
 * through the disk and back.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { NativeCheckpointStorage } from "../src/compat/checkpoints/native-checkpoint-storage.js";
import { NativeTaskGraphEventLog } from "../src/compat/task-graph/native-task-graph-event-log.js";
import type { Checkpoint } from "../src/types.js";
import { newDirectory } from "./support/directories.js";
import { checkpoint, event } from "./support/runtime-shapes.js";

class Money {
  readonly currency = "EUR";
  constructor(readonly amount: number) {}
  toJSON(): string {
    throw new Error("toJSON must not be called");
  }
}

/** A list in a list, `levels` of them. */
function nested(levels: number): unknown {
  return levels === 0 ? 1 : [nested(levels - 1)];
}

/** A checkpoint, its metadata and the value are levels themselves, and so is the number inside. */
const DEEPEST = 100 - 3;

const odd = JSON.parse('{"__proto__":{"admin":true},"b":1,"a":2}') as unknown;

/** Name, what is stored, what comes back. */
const values: [string, unknown, unknown][] = [
  ["minus zero as zero", -0, 0],
  ["NaN", Number.NaN, Number.NaN],
  ["the infinities", [Infinity, -Infinity], [Infinity, -Infinity]],
  ["undefined in a list as null", [1, undefined, 3], [1, null, 3]],
  ["an undefined property as none", { a: undefined, b: null }, { b: null }],
  ["a class instance as its fields", new Money(5), { amount: 5, currency: "EUR" }],
  ["a Map and a Set as empty objects", [new Map([[1, 2]]), new Set([1])], [{}, {}]],
  ["bytes as a Buffer", new Uint8Array([1, 2, 255]), Buffer.from([1, 2, 255])],
  ["a view as the bytes it shows", new Float64Array([1]), Buffer.from(new Float64Array([1]).buffer)],
  ["a part of a buffer", Buffer.from("abcdef").subarray(2, 4), Buffer.from("cd")],
  ["a Date", new Date(1_700_000_000_123), new Date(1_700_000_000_123)],
  ["integers of 64 bits", [2 ** 53 - 1, -(2 ** 53 - 1), 2 ** 40], [2 ** 53 - 1, -(2 ** 53 - 1), 2 ** 40]],
  ["a lone surrogate", "a\ud800b", "a\ud800b"],
  ["a key with a lone surrogate", { "\udfff": 1 }, { "\udfff": 1 }],
  ["the key __proto__ as an own property", odd, odd],
  ["the deepest nesting that is accepted", nested(DEEPEST), nested(DEEPEST)],
  ["texts of any script", "漢字 é 🚀 \0", "漢字 é 🚀 \0"],
];

/** Name, what is refused, where it is. */
const refused: [string, unknown, string][] = [
  ["a bigint", { deep: [1n] }, "deep[0]"],
  ["a function", { run: () => 1 }, "run"],
  ["a symbol", [Symbol("s")], "[0]"],
  ["nesting that is deeper", nested(DEEPEST + 1), ""],
  ["a circle", circle(), ""],
];

function circle(): unknown {
  const list: unknown[] = [];
  list.push(list);
  return list;
}

const rootDir = newDirectory();
const storage = new NativeCheckpointStorage({ rootDir });
const log = new NativeTaskGraphEventLog({ rootDir });
afterAll(async () => {
  await storage.close();
  await log.close();
});

describe("a checkpoint's values", () => {
  it.each(values)("%s", async (_name, given, expected) => {
    await storage.save(checkpoint("values", { metadata: { given } }));
    const loaded = await storage.load("values");
    expect(loaded?.metadata["given"]).toStrictEqual(expected);
    expect(Object.keys(Object(loaded?.metadata["given"]))).toStrictEqual(Object.keys(Object(expected)));
  });

  // The bug: a text that crossed by itself comes back in the place of another, or a value between such texts is read wrongly.
  it.each(values)("%s, between long texts", async (_name, given, expected) => {
    const long = { ascii: "a".repeat(300), other: "é🚀".repeat(200), lone: `${"a".repeat(400)}\ud800` };
    const key = "k".repeat(500);
    await storage.save(checkpoint("long", { metadata: { ...long, [key]: given, again: long } }));
    const loaded = await storage.load("long");
    expect(loaded?.metadata).toStrictEqual({ ...long, [key]: expected, again: long });
  });

  it.each(refused)("refuses %s", async (_name, given, place) => {
    const saved = storage.save(checkpoint("refused", { metadata: { given } }));
    await expect(saved).rejects.toMatchObject({ code: "ERR_STORAGE_UNSERIALIZABLE" });
    const { property } = await saved.then(
      () => ({ property: "" }),
      (error: { property: string }) => error,
    );
    expect(property.startsWith(`metadata.given${place.startsWith("[") ? place : ""}`)).toBe(true);
    if (place !== "") expect(property.endsWith(place)).toBe(true);
    expect(await storage.load("refused")).toBeNull();
  });

  it("keeps every field, known or not, at every level, in its order", async () => {
    const given = {
      zeta: 1,
      ...checkpoint("fields"),
      messages: [{ content: "c", role: "user", extra: { deep: [1] }, timestamp: 1 }],
      pendingToolCalls: [{ id: "1", name: "n", arguments: { b: 1, a: 2 }, timestamp: 1, retries: 3 }],
      completedToolCalls: [
        {
          callId: "1",
          name: "n",
          arguments: {},
          result: null,
          success: true,
          durationMs: 1,
          timestamp: 1,
          by: "x",
        },
      ],
      alpha: { own: true },
    } as unknown as Checkpoint;
    await storage.save(given);
    const loaded = await storage.load("fields");
    expect(loaded).toStrictEqual(given);
    expect(JSON.stringify(loaded)).toBe(JSON.stringify(given));
  });

  it("does not take an unset error for one that was set", async () => {
    await storage.save({ ...checkpoint("unset"), error: undefined } as unknown as Checkpoint);
    expect(Object.hasOwn((await storage.load("unset")) ?? {}, "error")).toBe(false);
  });

  it("gives a fresh object that the caller may change", async () => {
    await storage.save(checkpoint("fresh"));
    const first = await storage.load("fresh");
    first?.messages.push({ role: "user", content: "mine", timestamp: 1 });
    expect((await storage.load("fresh"))?.messages).toHaveLength(1);
  });

  // The bug: what was loaded changes with what is loaded next, into the same buffer.
  it("keeps what was loaded apart from what is loaded next", async () => {
    const of = (letter: string) => ({
      bytes: Buffer.from(letter.repeat(50)),
      short: letter,
      middling: letter.repeat(100),
      long: letter.repeat(200_000),
    });
    const letters = [..."abcdefgh"];
    await Promise.all(letters.map((letter) => storage.save(checkpoint(letter, { metadata: of(letter) }))));
    const loaded = await Promise.all(letters.map((letter) => storage.load(letter)));
    expect(loaded.map((one) => one?.metadata)).toStrictEqual(letters.map(of));
  });

  // The bug: a buffer for what is loaded that is too small, or that is kept however large it became.
  it("loads small and very large ones in turn", async () => {
    const sizes = [10, 70_000, 9_000_000, 100, 3_000_000];
    for (const size of sizes) {
      const bytes = Buffer.alloc(size, size % 251);
      await storage.save(checkpoint(`of ${size}`, { metadata: { bytes } }));
      const loaded = await storage.load(`of ${size}`);
      expect(bytes.equals(loaded?.metadata["bytes"] as Buffer), `of ${size}`).toBe(true);
    }
  });
});

describe("an event's values", () => {
  let sequenceId = 0;
  beforeAll(() => {
    sequenceId = 0;
  });

  it.each(values)("%s", (_name, given, expected) => {
    sequenceId += 1;
    expect(log.append(event(sequenceId, "", { given }))).toBe(sequenceId);
    const [replayed] = log.replay(sequenceId);
    expect(replayed?.payload["given"]).toStrictEqual(expected);
    expect(Object.keys(Object(replayed?.payload["given"]))).toStrictEqual(Object.keys(Object(expected)));
  });

  it.each(refused)("refuses %s", (_name, given) => {
    expect(() => log.append(event(sequenceId + 1, "", { given }))).toThrow(
      expect.objectContaining({
        code: "ERR_STORAGE_UNSERIALIZABLE",
        property: expect.stringMatching(/^payload\.given/),
      }),
    );
    expect(log.replay(sequenceId + 1)).toStrictEqual([]);
  });

  it("keeps every field, known or not, in its order", () => {
    sequenceId += 1;
    const given = { source: "s", ...event(sequenceId), own: { deep: [1] }, correlationId: "c" };
    log.append(given);
    expect(JSON.stringify(log.replay(sequenceId)[0])).toBe(JSON.stringify(given));
  });

  it("gives fresh objects that the caller may change", () => {
    const [first] = log.replay(1, 1);
    if (first) first.nodeId = "mine";
    expect(log.replay(1, 1)[0]?.nodeId).toBe("node-1");
  });
});
