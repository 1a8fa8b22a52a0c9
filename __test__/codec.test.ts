/** What the codec makes of each kind of value: the details that callers of today's storage rely on. */
import { runInNewContext } from "node:vm";
import { decode as decodeIndependently, encode as encodeIndependently } from "@msgpack/msgpack";
import { describe, expect, it } from "vitest";
import { decode, encode, encodeCopy } from "../src/codec/index.js";
import { StorageError } from "../src/errors.js";

class Point {
  x = 1;
  readonly #hidden = 2;
  get sum(): number {
    return this.x + this.#hidden;
  }
  toJSON(): string {
    return "never called";
  }
}

const inherited = Object.create({ notOwn: 1 }) as Record<string, unknown>;
inherited["own"] = 2;

const withProto = JSON.parse('{"__proto__":{"polluted":true},"after":1}') as Record<string, unknown>;
const holed = [1, 2, 3];
delete holed[1];

const partOfMemory = new Uint8Array([9, 1, 2, 3, 9]).subarray(1, 4);
const manyKeys = Object.fromEntries(
  Array.from({ length: 40 }, (_, key) => [`k${key}`, key % 3 ? key : undefined]),
);

/** Name, what is stored, what loads. */
const values: [string, unknown, unknown][] = [
  ["a property that is undefined", { a: undefined, b: 1 }, { b: 1 }],
  ["properties of which some are undefined, beyond 15", manyKeys, definedOnly(manyKeys)],
  ["a property that is null", { error: null }, { error: null }],
  ["undefined in a list", [1, undefined, 3], [1, null, 3]],
  ["a hole in a list", holed, [1, null, 3]],
  ["undefined itself", undefined, null],
  ["minus zero", -0, 0],
  ["minus zero in an object", { z: -0 }, { z: 0 }],
  ["NaN", Number.NaN, Number.NaN],
  ["infinity", Infinity, Infinity],
  ["minus infinity", -Infinity, -Infinity],
  ["the largest safe integer", Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
  ["the smallest safe integer", Number.MIN_SAFE_INTEGER, Number.MIN_SAFE_INTEGER],
  ["an integer beyond the safe range", 2 ** 70, 2 ** 70],
  ["the smallest float", 5e-324, 5e-324],
  ["a date", new Date(1_700_000_000_123), new Date(1_700_000_000_123)],
  ["a date of whole seconds", new Date(1_700_000_000_000), new Date(1_700_000_000_000)],
  ["a date before 1970", new Date(-1), new Date(-1)],
  ["a date after 2106", new Date(5e12), new Date(5e12)],
  ["a date after 2514", new Date(8.64e15), new Date(8.64e15)],
  ["an invalid date", new Date(Number.NaN), new Date(Number.NaN)],
  ["a date of another realm", runInNewContext("new Date(5)"), new Date(5)],
  ["bytes", new Uint8Array([0, 255]), Buffer.from([0, 255])],
  ["bytes that are part of a larger memory", partOfMemory, Buffer.from([1, 2, 3])],
  ["no bytes", Buffer.alloc(0), Buffer.alloc(0)],
  ["shared bytes", new Uint8Array(new SharedArrayBuffer(2)), Buffer.alloc(2)],
  ["a Float64Array", new Float64Array([1.5]), Buffer.from(new Float64Array([1.5]).buffer)],
  ["a DataView", new DataView(new ArrayBuffer(3), 1), Buffer.alloc(2)],
  ["a class instance", new Point(), { x: 1 }],
  ["inherited properties", inherited, { own: 2 }],
  ["an object without a prototype", Object.assign(Object.create(null), { a: 1 }), { a: 1 }],
  ["a toJSON method's siblings", { a: { toJSON: undefined, b: 1 } }, { a: { b: 1 } }],
  ["a key toJSON", { toJSON: 1 }, { toJSON: 1 }],
  ["a Map", new Map([["a", 1]]), {}],
  ["a Set", new Set([1]), {}],
  ["an error", new TypeError("x"), {}],
  ["a property with a symbol as key", { [Symbol("s")]: 1, a: 2 }, { a: 2 }],
  ["a property that is not enumerable", Object.defineProperty({ a: 1 }, "b", { value: 2 }), { a: 1 }],
  ["a key __proto__", withProto, withProto],
  ["keys of Object.prototype", { constructor: 1, hasOwnProperty: 2 }, { constructor: 1, hasOwnProperty: 2 }],
  ["a lone high surrogate", "a\ud800", "a\ud800"],
  ["a lone low surrogate at the beginning", "\udc00a", "\udc00a"],
  ["a long text with a lone surrogate", `${"漢".repeat(300)}\ud800`, `${"漢".repeat(300)}\ud800`],
  ["surrogates in the wrong order", "\udc00\ud800", "\udc00\ud800"],
  ["a key with a lone surrogate", { "k\udbff": 1 }, { "k\udbff": 1 }],
  ["U+FFFD itself", "a\ufffdb", "a\ufffdb"],
  ["a byte order mark", "\ufefftext", "\ufefftext"],
  ["an emoji", "🚀", "🚀"],
  ["the empty key", { "": 1 }, { "": 1 }],
];

function definedOnly(object: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
}

describe("a value that is stored and loaded", () => {
  it.each(values)("%s", (_name, stored, loaded) => {
    expect(decode(encode(stored))).toStrictEqual(loaded);
    expect(decode(encode({ nested: [stored] }))).toStrictEqual({ nested: [loaded] });
  });

  it.each([19, 20, 21, 31, 32, 255, 256, 8192, 8193, 65_535, 65_536, 300_000])(
    "a text of %i units",
    (units) => {
      for (const letter of ["a", "é", "漢"]) {
        const text = letter.repeat(units);
        expect(decode(encode([text, 1]))).toStrictEqual([text, 1]);
        expect(decode(encode({ [text]: 1 }))).toStrictEqual({ [text]: 1 });
        expect(decodeIndependently(encode(text))).toBe(text);
      }
    },
  );

  it.each([15, 16, 65_535, 65_536])("a list and a map of %i", (count) => {
    const list = Array.from({ length: count }, (_, index) => index);
    expect(decode(encode(list))).toStrictEqual(list);
    const map = Object.fromEntries(list.map((index) => [`k${index}`, index]));
    expect(decode(encode(map))).toStrictEqual(map);
  });

  // The bug: a header that is made wider where the buffer has no room for that, or over what lies behind it.
  it("maps of many properties within each other, of any length", () => {
    const large = new Uint8Array(9 * 1024 * 1024);
    for (let padding = 0; padding < 100; padding += 1) {
      let map: unknown = "x".repeat(16 * 1024 - 350 + padding);
      for (let depth = 1; depth <= 3; depth += 1)
        map = { map, ...Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`k${index}`, true])) };
      // Only the first value after one that large begins with a small buffer.
      encode(large);
      expect(decode(encode(map))).toStrictEqual(map);
      expect(decode(encode([map, 1]))).toStrictEqual([map, 1]);
    }
  });

  it("a map of which most is undefined takes the shortest header", () => {
    const sparse = Object.fromEntries(
      Array.from({ length: 20 }, (_, index) => [`k${index}`, index < 3 ? index : undefined]),
    );
    expect(encodeCopy(sparse)).toStrictEqual(encodeCopy({ k0: 0, k1: 1, k2: 2 }));
  });

  // Other encoders write those.
  it("a header longer than it needs to be is read", () => {
    for (const header of ["de0001", "df00000001"])
      expect(decode(Buffer.from(`${header}a16101`, "hex"))).toStrictEqual({ a: 1 });
  });

  it("an object whose properties come and go while it is read", () => {
    const coming = Object.defineProperty({} as Record<string, unknown>, "a", {
      enumerable: true,
      get: () => {
        for (let index = 0; index < 20; index += 1) coming[`late${index}`] = index;
        delete coming["b"];
        return 1;
      },
    });
    coming["b"] = 2;
    coming["c"] = 3;
    expect(decode(encode([coming, 4]))).toStrictEqual([{ a: 1, c: 3 }, 4]);
    let asked = 0;
    const lying = new Proxy({} as Record<string, number>, {
      ownKeys: () => {
        asked += 10;
        return Array.from({ length: asked }, (_, index) => `k${index}`);
      },
      getOwnPropertyDescriptor: () => ({ enumerable: true, configurable: true, value: 1 }),
      get: () => 1,
    });
    for (let time = 0; time < 4; time += 1) {
      const [map, end] = decode(encode([lying, 4])) as [Record<string, number>, number];
      expect(Object.values(map).every((value) => value === 1)).toBe(true);
      expect(end).toBe(4);
    }
  });

  it("keeps the order of keys", () => {
    const keys = Object.keys(decode(encode({ z: 1, a: 2, 7: 3, m: 4 })) as object);
    expect(keys).toStrictEqual(["7", "z", "a", "m"]);
  });

  it("gives bytes that are copies, and Buffers", () => {
    const encoded = encodeCopy({ bytes: new Uint8Array([1, 2, 3]) });
    const { bytes } = decode(encoded) as { bytes: Buffer };
    encoded.fill(0);
    expect(Buffer.isBuffer(bytes)).toBe(true);
    expect([...bytes]).toStrictEqual([1, 2, 3]);
  });

  it("leaves prototypes alone", () => {
    const loaded = decode(encode(withProto)) as object;
    expect(Object.getPrototypeOf(loaded)).toBe(Object.prototype);
    expect("polluted" in loaded).toBe(false);
  });

  it("does not mix up keys that are alike at the ends and in the middle", () => {
    const keys = Array.from("abcdefgh", (letter) => `k${letter}m${letter}z`);
    for (let round = 0; round < 2; round += 1) {
      for (const key of keys) expect(decode(encode({ [key]: 1 }))).toStrictEqual({ [key]: 1 });
    }
  });
});

describe("nesting", () => {
  const leaves: [string, unknown][] = [
    ["an empty list", []],
    ["an empty object", {}],
    ["a number", 1],
    ["bytes", new Uint8Array(1)],
  ];
  const wraps: [string, (inner: unknown) => unknown][] = [
    ["lists", (inner) => [inner]],
    ["objects", (inner) => ({ a: inner })],
  ];

  it.each(leaves)("ends at the level where today's storage ends, around %s", (_name, leaf) => {
    for (const [, wrap] of wraps) {
      let value = leaf;
      for (let level = 1; level <= 103; level += 1, value = wrap(value)) {
        expect(succeeds(() => decode(encode(value)))).toBe(succeeds(() => encodeIndependently(value)));
        expect(succeeds(() => encode(value))).toBe(level <= 100);
      }
    }
  });
});

function succeeds(action: () => unknown): boolean {
  try {
    action();
    return true;
  } catch (error) {
    if (error instanceof StorageError) expect(error.code).toBe("ERR_STORAGE_UNSERIALIZABLE");
    return false;
  }
}
