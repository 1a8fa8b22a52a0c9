/** What the codec refuses, and that a refusal leaves it sound. */
import { encode as encodeIndependently } from "@msgpack/msgpack";
import { describe, expect, it } from "vitest";
import { decode, encode, encodeCopy } from "../src/codec/index.js";
import { StorageError } from "../src/errors.js";

const circle: Record<string, unknown> = { name: "c" };
circle["parent"] = { children: [0, circle] };

class Handler {
  readonly handle = (): void => {};
}

const throwing = {
  get broken(): never {
    throw new RangeError("from the caller");
  },
};

function deep(levels: number): unknown {
  return levels === 0 ? [] : [deep(levels - 1)];
}

/** Name, the value, where in it the fault lies. */
const refused: [string, unknown, string][] = [
  ["a bigint", { messages: [0, 0, 0, { content: 1n }] }, "messages[3].content"],
  ["a function as a property", { metadata: { "on done": () => 1 } }, 'metadata["on done"]'],
  ["a function in a list", [[() => 1]], "[0][0]"],
  ["a symbol", { a: Symbol("s") }, "a"],
  ["a function that a class instance owns", { instance: new Handler() }, "instance.handle"],
  ["a bigint itself", 1n, ""],
  ["a function itself", () => 1, ""],
  ["an empty key's value", { "": 1n }, '[""]'],
  ["a key that is not ASCII", { ключ: 1n }, "ключ"],
  ["a circle", { root: circle }, "root.parent.children[1]"],
];

describe("a value that is refused", () => {
  it.each(refused)("%s", (_name, value, property) => {
    expect(errorOf(() => encode(value))).toMatchObject({ code: "ERR_STORAGE_UNSERIALIZABLE", property });
    expect(() => encodeIndependently(value), "today's storage refuses it too").toThrow();
  });

  it("names where nesting goes too deep", () => {
    const { code, property, message } = errorOf(() => encode({ a: deep(120) }));
    expect(code).toBe("ERR_STORAGE_UNSERIALIZABLE");
    expect(property).toBe(`a${"[0]".repeat(99)}`);
    expect(message).toContain("deeper than 100 levels");
  });

  it("says of a circle that it is one", () => {
    expect(errorOf(() => encode(circle)).message).toContain("contains itself");
  });

  it("carries the error of an accessor that throws", () => {
    const error = errorOf(() => encode({ a: [throwing] }));
    expect(error).toMatchObject({ code: "ERR_STORAGE_UNSERIALIZABLE", property: "a[0].broken" });
    expect(error.cause).toBeInstanceOf(RangeError);
  });

  it("refuses a revoked proxy like any other object that cannot be read", () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    expect(errorOf(() => encode(proxy))).toMatchObject({ code: "ERR_STORAGE_UNSERIALIZABLE", property: "" });
    expect(errorOf(() => encode({ p: proxy }))).toMatchObject({ property: "p" });
  });
});

describe("the largest size", () => {
  const samples: [string, unknown][] = [
    ["a long text", { text: "x".repeat(100_000) }],
    ["a long text that is not ASCII", { text: "漢".repeat(100_000) }],
    ["many short ones", Array.from({ length: 50_000 }, () => "漢字")],
    ["bytes", new Uint8Array(100_000)],
    ["a text that is not well formed", "\ud800".repeat(50_000)],
  ];

  it.each(samples)("is met to the byte by %s", (_name, value) => {
    const { length } = encode(value);
    expect(encode(value, length)).toHaveLength(length);
    expect(errorOf(() => encode(value, length - 1)).code).toBe("ERR_STORAGE_TOO_LARGE");
  });

  it("ends a value that repeats itself without end", () => {
    let value: unknown = "leaf";
    for (let level = 0; level < 60; level += 1) value = [value, value];
    expect(errorOf(() => encode(value, 1 << 20)).code).toBe("ERR_STORAGE_TOO_LARGE");
  });
});

describe("the buffer that is used again", () => {
  it("holds the result until the next call, and encodeCopy's beyond it", () => {
    const copy = encodeCopy({ first: 1 });
    const shared = encode({ first: 1 });
    expect(shared.equals(copy)).toBe(true);
    encode({ other: 2 });
    expect(shared.equals(copy)).toBe(false);
    expect(decode(copy)).toStrictEqual({ first: 1 });
  });

  it("survives an accessor that encodes", () => {
    const inner = { text: "i".repeat(50) };
    const outer = {
      before: "b".repeat(50),
      get nested() {
        return Buffer.from(encode(inner));
      },
      after: ["a".repeat(50)],
    };
    const loaded = decode(encode(outer)) as { nested: Buffer };
    expect(loaded).toStrictEqual({ before: outer.before, nested: encodeCopy(inner), after: outer.after });
    expect(decode(loaded.nested)).toStrictEqual(inner);
  });

  it("survives an accessor that throws", () => {
    const good = { a: [1, 2, 3] };
    expect(() => encode([good, throwing])).toThrow(StorageError);
    expect(decode(encode(good))).toStrictEqual(good);
  });

  it("survives an accessor that changes what is being written", () => {
    const list: unknown[] = [
      {
        get shrink() {
          list.length = 1;
          return 1;
        },
      },
      2,
      3,
    ];
    expect(decode(encode(list))).toStrictEqual([{ shrink: 1 }, null, null]);
  });

  it("reads each property once", () => {
    let reads = 0;
    const counted = {
      get value() {
        reads += 1;
        return reads === 1 ? 1 : undefined;
      },
    };
    expect(decode(encode(counted))).toStrictEqual({ value: 1 });
    expect(reads).toBe(1);
  });

  it("grows for a large value and serves small ones after it", () => {
    const large = { text: "é".repeat(6_000_000), list: Array.from({ length: 1000 }, (_, index) => index) };
    expect(decode(encode(large))).toStrictEqual(large);
    expect(decode(encode([1]))).toStrictEqual([1]);
  });

  it("survives the transfer of a result's memory", () => {
    const { buffer } = encode({ a: 1 });
    structuredClone(buffer, { transfer: [buffer as ArrayBuffer] });
    expect(decode(encode({ b: 2 }))).toStrictEqual({ b: 2 });
  });
});

function errorOf(action: () => unknown): StorageError {
  try {
    action();
  } catch (error) {
    if (error instanceof StorageError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}
