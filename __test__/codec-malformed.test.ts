/** What decoding makes of bytes that are no value, and of values that other writers wrote. */
import { describe, expect, it } from "vitest";
import { decode, encodeCopy, MalformedError } from "../src/codec/index.js";
import { randomValue } from "./support/random-value.js";
import { SeededRandom, seedOfRun } from "./support/seeded-random.js";

/** Name, the bytes in hexadecimal, the offset that the error names. */
const malformed: [string, string, number][] = [
  ["nothing", "", 0],
  ["the byte that is never used", "c1", 0],
  ["a second value", "0102", 1],
  ["a list that ends early", "9301", 2],
  ["a list that claims four billion items", "ddffffffff", 5],
  ["a map that claims four billion entries", "dfffffffff", 5],
  ["a map without its last value", "81a161", 3],
  ["a text that ends early", "a3616263".slice(0, 6), 1],
  ["a text that claims four gigabytes", "dbffffffff61", 5],
  ["bytes that claim four gigabytes", "c6ffffffff00", 5],
  ["an extension that claims four gigabytes", "c9ffffffffff00", 6],
  ["a length that ends early", "da01", 1],
  ["a float that ends early", "cb0000", 1],
  ["a text with a stray continuation byte", "a180", 1],
  ["a text of as many stray bytes as characters", "a4ffffffff", 1],
  ["a text with an overlong form", "a2c080", 1],
  ["a text with a surrogate in three bytes", "a3eda080", 1],
  ["a key that is not UTF-8", "81a1ff01", 2],
  ["a key that is a list", "819001", 1],
  ["a key that is bytes", "81c4016101", 1],
  ["a key that is a date", "81d6ff0000000001", 1],
  ["an extension of unknown type", "d40500", 1],
  ["a timestamp of a size there is none of", "d5ff0000", 1],
  ["UTF-16 with half a unit", "d40161", 1],
];

describe("bytes that are refused", () => {
  it.each(malformed)("%s", (_name, hex, offset) => {
    const error = failureOf(Buffer.from(hex, "hex"));
    expect(error).toMatchObject({ name: "MalformedError", code: "ERR_STORAGE_CORRUPT", offset });
  });

  it("are those that nest deeper than the encoder does", () => {
    expect(failureOf(Buffer.alloc(1_000_000, 0x91)).offset).toBe(100);
    expect(failureOf(Buffer.from("81a161".repeat(500_000), "hex")).offset).toBe(300);
  });

  it("are every part of a value that begins where the value does", () => {
    const whole = encodeCopy({
      text: "é".repeat(40),
      list: [1, -1, 1.5, null, true, 70_000, 2 ** 40],
      at: new Date(1),
    });
    for (let size = 0; size < whole.length; size += 1) {
      expect(failureOf(whole.subarray(0, size)).offset).toBeLessThanOrEqual(size);
    }
  });

  it("are never answered by anything but that error, however they are damaged", () => {
    const seed = seedOfRun();
    const random = new SeededRandom(seed);
    for (let round = 0; round < 3000; round += 1) {
      const bytes = encodeCopy(randomValue(random, 4));
      for (let flips = random.below(4); flips >= 0; flips -= 1)
        bytes[random.below(bytes.length)] = random.below(256);
      expect(() => decodeOrFail(bytes), `TEST_SEED=${seed}`).not.toThrow();
    }
  });
});

/** Name, the bytes in hexadecimal, the value. */
const foreign: [string, string, unknown][] = [
  ["a float of 32 bits", "ca3fc00000", 1.5],
  ["a number in a longer form than it needs", "cf0000000000000001", 1],
  ["a negative number in a longer form", "d3ffffffffffffffff", -1],
  ["a large integer, as the nearest number", "cfffffffffffffffff", 2 ** 64],
  ["the smallest integer", "d38000000000000000", -(2 ** 63)],
  ["a text in a longer form than it needs", "db0000000161", "a"],
  ["a list in a longer form", "dd0000000101", [1]],
  ["a map in a longer form", "df00000001a16101", { a: 1 }],
  ["a key in a longer form", "81d9016101", { a: 1 }],
  ["keys that are numbers", "8201a161ffa162", { 1: "a", "-1": "b" }],
  ["keys that are booleans and nil", "82c301c002", { true: 1, null: 2 }],
  ["a key that comes twice: the last one counts", "82a16101a16102", { a: 2 }],
  ["a well-formed text as UTF-16", "d5016100", "a"],
  ["a timestamp with nanoseconds", "d7ff00000004" + "00000001", new Date(1000)],
];

describe("texts that left a value", () => {
  it("are put in the places of the bytes that stand for them, in order", () => {
    const bytes = Buffer.from("84c1c1a161c1a162a163a16492c1a165", "hex");
    const texts = ["key", "value", "of a", "in a list"];
    expect(decode(bytes, { texts })).toStrictEqual({
      key: "value",
      a: "of a",
      b: "c",
      d: ["in a list", "e"],
    });
  });

  it("are refused where there are fewer of them", () => {
    expect(() => decode(Buffer.from("92c1c1", "hex"), { texts: ["one"] })).toThrow(MalformedError);
  });
});

describe("values of other writers", () => {
  it.each(foreign)("%s", (_name, hex, value) => {
    expect(decode(Buffer.from(hex, "hex"))).toStrictEqual(value);
  });

  it("are read from any view of bytes", () => {
    const padded = new Uint8Array([0xc1, 0x93, 1, 2, 3, 0xc1]);
    expect(decode(padded.subarray(1, 5))).toStrictEqual([1, 2, 3]);
  });
});

describe("surrogates in three bytes, as today's storage writes them", () => {
  /** The text's bytes in hexadecimal, the text. */
  const texts: [string, string][] = [
    ["eda080", "\ud800"],
    ["61edbfbf62", "a\udfffb"],
    ["eda080eda080", "\ud800\ud800"],
    ["c3a9eda0bdf09f9a80ed9fbf", "é\ud83d🚀\ud7ff"],
  ];

  it.each(texts)("are read where that was asked for: %s", (hex, text) => {
    const bytes = Buffer.concat([Buffer.from([0xa0 + hex.length / 2]), Buffer.from(hex, "hex")]);
    expect(decode(bytes, { surrogateBytes: true })).toBe(text);
    expect(() => decode(bytes)).toThrow(MalformedError);
  });

  it("are no licence for other bytes that are not UTF-8", () => {
    for (const hex of ["a4eda080ff", "a4ffeda080", "a2eda0"]) {
      expect(() => decode(Buffer.from(hex, "hex"), { surrogateBytes: true })).toThrow(MalformedError);
    }
  });
});

function decodeOrFail(bytes: Uint8Array): unknown {
  try {
    return decode(bytes);
  } catch (error) {
    if (error instanceof MalformedError) return error;
    throw error;
  }
}

function failureOf(bytes: Uint8Array): MalformedError {
  const outcome = decodeOrFail(bytes);
  if (outcome instanceof MalformedError) return outcome;
  throw new Error(`decoded: ${JSON.stringify(outcome)}`);
}
