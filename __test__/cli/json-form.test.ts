/** Values as `dump` writes them. */
import { describe, expect, it } from "vitest";
import { jsonForm, jsonLine } from "../../src/cli/json-form.js";
import { decode, encodeCopy } from "../../src/codec/index.js";
import { anyText, randomValue } from "../support/random-value.js";
import { SeededRandom, seedOfRun } from "../support/seeded-random.js";

const seed = seedOfRun();

/** The value that a form stands for. */
function meaningOf(form: unknown): unknown {
  if (Array.isArray(form)) return form.map(meaningOf);
  if (typeof form !== "object" || form === null) return form;
  const [[key, inner] = [], ...others] = Object.entries(form);
  if (others.length === 0 && key === "$bytes") return Buffer.from(inner, "base64");
  if (others.length === 0 && key === "$date") return new Date(inner ?? Number.NaN);
  if (others.length === 0 && key === "$number") return Number(inner);
  const withoutDollar = (name: string) => (name.startsWith("$") ? name.slice(1) : name);
  return Object.fromEntries(
    Object.entries(form).map(([name, value]) => [withoutDollar(name), meaningOf(value)]),
  );
}

describe("the form of a value", () => {
  // A value that `JSON.stringify` turns into `null`, a text or another value.
  it.each<[string, unknown, unknown]>([
    ["NaN", Number.NaN, { $number: "NaN" }],
    ["an infinity", Number.NEGATIVE_INFINITY, { $number: "-Infinity" }],
    ["-0", -0, { $number: "-0" }],
    ["bytes", Buffer.from("x"), { $bytes: "eA==" }],
    ["a date", new Date(0), { $date: "1970-01-01T00:00:00.000Z" }],
    ["an invalid date", new Date(Number.NaN), { $date: null }],
    // Otherwise a map of the user's reads like bytes.
    ["a map that looks like a form", { $bytes: "eA==" }, { $$bytes: "eA==" }],
    ["a key with two dollars", { $$bytes: 1 }, { $$$bytes: 1 }],
  ])("of %s", (_, value, form) => {
    expect(jsonForm(value)).toEqual(form);
    expect(meaningOf(form)).toEqual(value);
  });

  // A stored key that becomes the prototype, or is called.
  it("keeps a key __proto__ and does not call toJSON", () => {
    const value = JSON.parse('{ "__proto__": { "a": 1 }, "toJSON": "text" }');
    expect(jsonLine(jsonForm(value) as object)).toBe('{"__proto__":{"a":1},"toJSON":"text"}\n');
  });

  // A 64-bit integer, for which JSON has no exact form, must not end the dump.
  it("of an integer of 64 bits is the nearest number", () => {
    expect(jsonForm(decode(Buffer.from("cf4000000000000001", "hex")))).toBe(2 ** 62);
  });

  // Two values with one form, or a value that JSON refuses.
  it(`means the value, whatever it is (seed ${seed})`, () => {
    const random = new SeededRandom(seed);
    for (let round = 0; round < 300; round++) {
      const value = decode(encodeCopy(randomValue(random, 4, anyText)));
      expect(meaningOf(JSON.parse(jsonLine({ value: jsonForm(value) })).value)).toStrictEqual(value);
    }
  });
});

// What JSON lets stand in texts and a terminal obeys.
it("a line escapes control characters and lone surrogates", () => {
  expect(jsonLine({ text: "\u009b31m\u007f\ud800" })).toBe('{"text":"\\u009b31m\\u007f\\ud800"}\n');
});
