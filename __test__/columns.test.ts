/**
 * Events that are built from columns, whichever way: by a compiled literal, by walking along their shape, or by decoding each.
 *
 * The bugs it would catch: a value in another row or under another key, a text cut one character off, a number of another kind, a key that ends the
 * literal it stands in, an order of keys or a prototype that decoding does not give.
 */
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { afterEach, beforeEach, expect, it } from "vitest";
import { decode, encodeCopy } from "../src/codec/index.js";
import { buildInto } from "../src/columns/build.js";
import { type DropInStore, openDropIn } from "../src/drop-in-store.js";
import { newDirectory } from "./support/directories.js";
import { NodeProcesses } from "./support/node-process.js";
import { anyText, randomValue, wellFormedText } from "./support/random-value.js";
import { SeededRandom, seedOfRun } from "./support/seeded-random.js";

const processes = new NodeProcesses();
let rootDir: string;
let store: DropInStore;
beforeEach(() => {
  rootDir = join(newDirectory(), "session");
  store = openDropIn({ rootDir });
});
afterEach(() => store.native.close());

/** Stores values and builds them again: once with a function for each group, once with none. Tells how many were in no group. */
function through(values: readonly unknown[]): { compiled: unknown[]; interpreted: unknown[]; whole: number } {
  store.native.deleteStream("values");
  store.native.appendEvents(
    values.map((value) => encodeCopy(value)),
    "values",
  );
  const compiled: unknown[] = [];
  const interpreted: unknown[] = [];
  const replay = store.native.replayColumns(0, "values");
  let whole = 0;
  for (let batch = replay.next(); batch; batch = replay.next()) {
    buildInto(compiled, batch, decode, 0);
    buildInto(interpreted, batch, decode, Number.POSITIVE_INFINITY);
    whole += batch.whole.rows.length;
  }
  return { compiled, interpreted, whole };
}

/** What decoding gives, with all that a comparison of objects would miss: the order of keys and -0. */
function told(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) => {
    if (typeof part === "number") return Object.is(part, -0) ? "-0" : `${part}`;
    return part;
  });
}

function expectAllEqual(values: readonly unknown[]): number {
  const expected = values.map((value) => decode(encodeCopy(value)));
  const { compiled, interpreted, whole } = through(values);
  for (const built of [compiled, interpreted]) {
    // The quick comparison first, since the one that tells the difference takes a hundred times as long.
    if (!isDeepStrictEqual(built, expected)) expect(built).toStrictEqual(expected);
    if (told(built) !== told(expected)) expect(told(built)).toBe(told(expected));
  }
  return whole;
}

it("gives back what decoding gives, over random values of few shapes", () => {
  const seed = seedOfRun();
  console.info(`TEST_SEED=${seed}`);
  const random = new SeededRandom(seed);
  let built = 0;
  for (let round = 0; round < 25; round += 1) {
    const frames = Array.from({ length: 4 }, () => randomFrame(random));
    const values = Array.from({ length: 120 }, () => fill(random, random.pick(frames)));
    const whole = expectAllEqual(values);
    built += values.length - whole;
  }
  expect(built).toBeGreaterThan(1000);
});

/** A value that stands for a shape: `fill` keeps its keys and changes what they hold. */
function randomFrame(random: SeededRandom): Record<string, unknown> {
  const keys = Array.from({ length: 1 + random.below(5) }, () => wellFormedText(random).slice(0, 8));
  return Object.fromEntries(keys.map((key) => [key, withoutDates(randomValue(random, 3))]));
}

/** A value that holds a date is in no group. */
function withoutDates(value: unknown): unknown {
  if (value instanceof Date) return value.getTime();
  if (Array.isArray(value)) return value.map(withoutDates);
  if (typeof value !== "object" || value === null || Buffer.isBuffer(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, withoutDates(part)]));
}

/** @param last - the text before, which now and then comes again */
function fill(random: SeededRandom, frame: unknown, last = { text: "" }): unknown {
  if (Array.isArray(frame)) return frame.map((part) => fill(random, part, last));
  if (typeof frame === "string") {
    if (random.below(4) > 0) last.text = otherText(random, frame);
    return last.text;
  }
  if (typeof frame === "number") return random.pick([frame, random.below(300), random.next(), -0, 2 ** 40]);
  if (frame === null || typeof frame === "boolean") return random.pick([null, true, false]);
  if (typeof frame !== "object" || frame instanceof Date || Buffer.isBuffer(frame)) return frame;
  return Object.fromEntries(Object.entries(frame).map(([key, part]) => [key, fill(random, part, last)]));
}

function otherText(random: SeededRandom, text: string): string {
  const plain = (): string => `${random.next()}`;
  const odd = random.below(20) === 0 ? anyText : wellFormedText;
  return random.pick([() => text, wellFormedText, plain, odd])(random);
}

const ODD_KEYS = [
  ...[
    '"',
    "\\",
    "'",
    "`",
    "\n",
    "\u2028",
    "\u0000",
    "$",
    "{1}",
    "*/",
    "//",
    "};process.exit(1);({",
    '"],["x',
  ],
  ...[
    "constructor",
    "prototype",
    "toString",
    "hasOwnProperty",
    "get",
    "set",
    "async",
    "0",
    "10",
    "-1",
    "",
    "é",
    "🚀",
  ],
];

it("takes keys for texts, whatever they are", () => {
  const value = (row: number) => Object.fromEntries(ODD_KEYS.map((key, index) => [key, row + index]));
  const values = Array.from({ length: 100 }, (_, row) => ({ row, inner: value(row), ...value(row) }));
  expect(expectAllEqual(values)).toBe(0);
});

it("keeps a key __proto__ an own property, and prototypes as they are", () => {
  const values = Array.from({ length: 100 }, (_, row) =>
    JSON.parse(`{"a": {"__proto__": {"polluted": ${row}}}}`),
  );
  expectAllEqual(values);
  const [first] = through(values).compiled as { a: object }[];
  expect(Object.keys(first?.a ?? {})).toStrictEqual(["__proto__"]);
  expect(Object.getPrototypeOf(first?.a)).toBe(Object.prototype);
});

it("keeps no function for keys that are ids", () => {
  const values = Array.from({ length: 6000 }, (_, row) => ({ files: { [`file-${row >> 4}.ts`]: row } }));
  expectAllEqual(values);
});

it("gives objects that share nothing", () => {
  const values = Array.from({ length: 100 }, () => ({
    list: [1, "a"],
    map: { a: {} },
    bytes: Buffer.from("b"),
  }));
  const built = through(values).compiled as {
    list: unknown[];
    map: Record<string, unknown>;
    bytes: Buffer;
  }[];
  const [first, second] = built;
  first?.list.push(2);
  Object.assign(first?.map ?? {}, { b: 1 });
  first?.bytes.write("c");
  expect(second).toStrictEqual(values[1]);
});

it("works where no code may be made of texts", async () => {
  await store.native.close();
  const { stdout, stderr } = await processes.run(
    `const log = new storage.NativeTaskGraphEventLog({ rootDir: directory });
    const event = (sequenceId) => ({ id: "e" + sequenceId, sequenceId, eventVersion: 1, nodeId: "n", type: "node_started",
      timestamp: new Date(0).toISOString(), payload: { status: "running" } });
    for (let id = 1; id <= 1000; id += 1) log.append(event(id));
    await log.close();
    const { deepStrictEqual } = await import("node:assert");
    const again = new storage.NativeTaskGraphEventLog({ rootDir: directory });
    deepStrictEqual(again.replay(1), Array.from({ length: 1000 }, (_, index) => event(index + 1)));
    await again.close();
    console.log("equal");`,
    [rootDir],
    ["--disallow-code-generation-from-strings"],
  );
  expect(`${stderr}${stdout}`).toBe("equal\n");
});

it("stops at a close, and after an end", async () => {
  const value = { text: "x".repeat(100) };
  store.native.appendEvents(
    Array.from({ length: 20_000 }, () => encodeCopy(value)),
    "values",
  );
  const ended = store.native.replayColumns(0, "values");
  expect(ended.next()?.count).toBe(4096);
  ended.end();
  expect(ended.next()).toBeNull();
  const closed = store.native.replayColumns(0, "values");
  closed.next();
  await store.native.close();
  expect(() => closed.next()).toThrow(/closed/);
});
