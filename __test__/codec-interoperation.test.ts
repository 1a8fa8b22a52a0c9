/** Other decoders read what the encoder writes, and the decoder reads what other encoders write. */
import * as independent from "@msgpack/msgpack";
import { Packr } from "msgpackr";
import { expect, it } from "vitest";
import { decode, encodeCopy } from "../src/codec/index.js";
import { anyText, randomValue, wellFormedText } from "./support/random-value.js";
import { SeededRandom, seedOfRun } from "./support/seeded-random.js";

const VALUES = 500;

/** Runs `check` over random values; a failure names the seed that brings it back. */
function forRandomValues(texts: typeof anyText, check: (value: unknown, note: string) => void): void {
  const seed = seedOfRun();
  const random = new SeededRandom(seed);
  for (let index = 0; index < VALUES; index += 1) {
    check(randomValue(random, 4, texts), `TEST_SEED=${seed}, value ${index}`);
  }
}

it("loads every value as it was stored", () => {
  forRandomValues(anyText, (value, note) => {
    expect(decode(encodeCopy(value)), note).toStrictEqual(withoutMinusZero(value));
  });
});

it("writes, byte for byte, what today's codec writes", () => {
  forRandomValues(wellFormedText, (value, note) => {
    expect(encodeCopy(value).equals(independent.encode(value)), note).toBe(true);
  });
});

it("reads what today's codec wrote as that one does", () => {
  forRandomValues(wellFormedText, (value, note) => {
    const bytes = independent.encode(value);
    expect(decode(bytes), note).toStrictEqual(withBuffers(independent.decode(bytes)));
  });
});

it("reads what msgpackr writes, and is read by it", () => {
  const packr = new Packr({ useRecords: false, int64AsType: "number" });
  forRandomValues(wellFormedText, (value, note) => {
    expect(decode(packr.pack(value)), note).toStrictEqual(withoutMinusZero(value));
    expect(withBuffers(packr.unpack(encodeCopy(value))), note).toStrictEqual(withoutMinusZero(value));
  });
});

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
