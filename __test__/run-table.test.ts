/** The run table's record: what is damaged must not pass for a table. */
import { describe, expect, it } from "vitest";
import { encodeCopy } from "../src/codec/index.js";
import { decodeRunTable, encodeRunTable, runTableKey } from "../src/compat/run-table.js";
import { FIRST_RUN, type RunTable } from "../src/compat/runs.js";

const tables: RunTable[] = [
  FIRST_RUN,
  [{ leastId: 9, from: 2 ** 40, until: Number.POSITIVE_INFINITY }],
  [
    { leastId: 1, from: 1, until: 501 },
    { leastId: 501, from: 521, until: Number.POSITIVE_INFINITY },
  ],
];

it.each(tables.map((table) => [table]))("comes back: %j", (table) => {
  expect(decodeRunTable(encodeRunTable(table), "/s")).toStrictEqual(table);
});

it.each([
  ["no list", 7],
  ["no segment", []],
  ["a segment that is no list", [7]],
  ["no open segment", [[1, 1, 5]]],
  [
    "an open segment before another",
    [
      [1, 1],
      [5, 9],
    ],
  ],
  [
    "segments that overlap",
    [
      [1, 1, 5],
      [4, 4],
    ],
  ],
  [
    "an empty closed segment",
    [
      [1, 1, 1],
      [4, 4],
    ],
  ],
  ["a place below 1", [[1, 0]]],
  ["a fraction", [[1.5, 1]]],
  ["a text", [["1", 1]]],
  ["nil", [[null, 1]]],
])("refuses %s", (_name, rows) => {
  expect(() => decodeRunTable(encodeCopy(rows), "/s")).toThrow(
    expect.objectContaining({ code: "ERR_STORAGE_CORRUPT", path: "/s" }),
  );
});

it("refuses bytes that are no value", () => {
  expect(() => decodeRunTable(Buffer.from([0xc1]), "/s")).toThrow(/damaged/);
});

describe("the key", () => {
  it("differs for each stream, and is never too long", () => {
    const names = ["", "task-graph", "a".repeat(1008), "a".repeat(1009), "a".repeat(1024), "é".repeat(512)];
    const keys = names.map(runTableKey);
    expect(new Set(keys.map((key) => key.toString("hex"))).size).toBe(names.length);
    expect(Math.max(...keys.map((key) => key.length))).toBeLessThanOrEqual(1024);
  });
});
