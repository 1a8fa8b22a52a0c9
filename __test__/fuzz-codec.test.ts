/**
 * Bytes that are almost MessagePack.
 *
 * Would catch: a decoder that hangs, throws anything but its own error or makes of bytes what its own encoder does not write back; and a value
 * that other decoders read otherwise.
 */
import { readdirSync, readFileSync } from "node:fs";
import { Decoder, ExtensionCodec } from "@msgpack/msgpack";
import { addExtension, Packr } from "msgpackr";
import { expect, it } from "vitest";
import { decode, encodeCopy, MalformedError } from "../src/codec/index.js";
import { printFigures, seeds, timeoutOf } from "./support/long-run.js";
import { mutated } from "./support/mutate.js";
import { anyText, randomValue } from "./support/random-value.js";
import { SeededRandom } from "./support/seeded-random.js";

const ROUNDS = 5;
const INPUTS_A_ROUND = 1000;
const VALUES_A_ROUND = 20;
const SHORT_RUN_MS = 120_000;

/** The extension type of a text that is not well-formed. */
const ILL_FORMED_TEXT = 1;

const fixtures = new URL("fixtures/codec/", import.meta.url);
const committed = readdirSync(fixtures)
  .filter((name) => name.endsWith(".msgpack"))
  .map((name) => readFileSync(new URL(name, fixtures)))
  .filter((bytes) => bytes.length <= 4096);

const extensionCodec = new ExtensionCodec();
const illFormedText = (data: Uint8Array): string => Buffer.from(data).toString("utf16le");
extensionCodec.register({ type: ILL_FORMED_TEXT, encode: () => null, decode: illFormedText });
addExtension({ type: ILL_FORMED_TEXT, unpack: illFormedText });
/** Both know the one extension that is this package's own. */
const today = new Decoder({ extensionCodec });
const packr = new Packr({ useRecords: false, int64AsType: "number" });

it(
  "is a value that survives being stored, or is refused",
  () => {
    let inputs = 0;
    let accepted = 0;
    for (const seed of seeds(1, ROUNDS)) {
      const random = new SeededRandom(seed);
      const pool = [...committed, ...valuesOf(random)];
      for (let input = 0; input < INPUTS_A_ROUND; input += 1) {
        const bytes = mutated(random, pool);
        accepted += Number(check(bytes, `ENGINE_SEED=${seed} ${bytes.toString("hex")}`));
      }
      inputs += INPUTS_A_ROUND;
    }
    printFigures({ inputs_fuzzed: inputs });
    expect(accepted).toBeGreaterThan(inputs / 20);
  },
  timeoutOf(SHORT_RUN_MS),
);

function valuesOf(random: SeededRandom): Buffer[] {
  return Array.from({ length: VALUES_A_ROUND }, () => encodeCopy(randomValue(random, 4, anyText)));
}

/** Whether `bytes` are a value. */
function check(bytes: Buffer, note: string): boolean {
  const { value, error } = outcomeOf(() => decode(bytes));
  if (error !== undefined) {
    isRefusedRightly(bytes, error, note);
    return false;
  }
  expect(isPlain(value), note).toBe(true);
  const stored = encodeCopy(value);
  expect(decode(stored), note).toStrictEqual(withoutMinusZero(value));
  expect(encodeCopy(decode(stored)).equals(stored), note).toBe(true);
  agreesWithToday(bytes, value, note);
  agreesWithMsgpackr(stored, note);
  return true;
}

/** Whether no key in `value` has become its prototype. */
function isPlain(value: unknown): boolean {
  if (Array.isArray(value)) return value.every(isPlain);
  if (value === null || typeof value !== "object" || ArrayBuffer.isView(value) || value instanceof Date)
    return true;
  return Object.getPrototypeOf(value) === Object.prototype && Object.values(value).every(isPlain);
}

/** What is refused here is refused by today's decoder too, except for what that one replaces or lets through unread. */
function isRefusedRightly(bytes: Buffer, error: unknown, note: string): void {
  expect(error, note).toBeInstanceOf(MalformedError);
  const { message, offset } = error as MalformedError;
  expect(offset, note).toBeLessThanOrEqual(bytes.length);
  if (outcomeOf(() => today.decode(bytes)).error === undefined)
    expect(message, note).toMatch(/not UTF-8|unknown type|UTF-16 of|nested deeper/);
}

/** What is a value here is the same to today's decoder, except for keys that it refuses. */
function agreesWithToday(bytes: Buffer, value: unknown, note: string): void {
  const theirs = outcomeOf(() => today.decode(bytes));
  if (theirs.error === undefined) expect(withBuffers(theirs.value), note).toStrictEqual(value);
  else expect(String(theirs.error), note).toMatch(/__proto__|key must be string or number/);
}

/** What is stored is the same to `msgpackr`, which changes the key `__proto__`. */
function agreesWithMsgpackr(stored: Buffer, note: string): void {
  if (stored.includes("__proto__")) return;
  expect(withBuffers(packr.unpack(stored)), note).toStrictEqual(decode(stored));
}

function outcomeOf(call: () => unknown): { value?: unknown; error?: unknown } {
  try {
    return { value: call() };
  } catch (error) {
    return { error };
  }
}

function withoutMinusZero(value: unknown): unknown {
  return mapLeaves(value, (leaf) => (leaf === 0 ? 0 : leaf));
}

function withBuffers(value: unknown): unknown {
  return mapLeaves(value, (leaf) => (leaf instanceof Uint8Array ? Buffer.from(leaf) : leaf));
}

function mapLeaves(value: unknown, change: (leaf: unknown) => unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => mapLeaves(item, change));
  if (value === null || typeof value !== "object" || ArrayBuffer.isView(value) || value instanceof Date) {
    return change(value);
  }
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, mapLeaves(inner, change)]));
}
