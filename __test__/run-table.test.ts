/** The runs' records: what is damaged must not pass for a table, or for how a run began. */
import { describe, expect, it } from "vitest";
import { encodeCopy } from "../src/codec/index.js";
import {
  decodeRunStart,
  decodeRunTable,
  encodeRunStart,
  encodeRunTable,
  runStartKey,
  runTableKey,
} from "../src/compat/task-graph/run-table.js";
import { firstRun, type RunStart, type RunTable } from "../src/compat/task-graph/runs.js";

const OPEN = Number.POSITIVE_INFINITY;

const tables: RunTable[] = [
  firstRun(0),
  { stream: 9, number: 2 ** 40, oldest: 7, segments: [{ leastId: 9, from: 2 ** 40, until: OPEN }] },
  {
    stream: 2 ** 40,
    number: 2,
    oldest: 2,
    segments: [
      { leastId: 1, from: 1, until: 501 },
      { leastId: 501, from: 521, until: OPEN },
    ],
  },
];

const starts: RunStart[] = [
  { from: 9, parent: 0, forkedAt: 0, superseded: [] },
  { from: 2 ** 40, parent: 7, forkedAt: 2 ** 41, superseded: [{ leastId: 3, from: 5, until: 9 }] },
];

it.each(tables.map((table) => [table]))("comes back: %j", (table) => {
  expect(decodeRunTable(encodeRunTable(table), "/s")).toStrictEqual(table);
});

it.each(starts.map((start) => [start]))("comes back: %j", (start) => {
  expect(decodeRunStart(encodeRunStart(start), "/s")).toStrictEqual(start);
});

const corrupt = expect.objectContaining({ code: "ERR_STORAGE_CORRUPT", path: "/s" });

it.each([
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
  expect(() => decodeRunTable(encodeCopy([1, 1, 1, rows]), "/s")).toThrow(corrupt);
});

it.each([
  ["no list", 7],
  ["segments alone", [[1, 1]]],
  ["no stream", [null, 1, 1, [[1, 1]]]],
  ["a run below 1", [1, 0, 0, [[1, 1]]]],
  ["an oldest run above it", [1, 1, 2, [[1, 1]]]],
  ["more than a table", [1, 1, 1, [[1, 1]], 1]],
])("refuses %s", (_name, record) => {
  expect(() => decodeRunTable(encodeCopy(record), "/s")).toThrow(corrupt);
});

it.each([
  ["no list", 7],
  ["no first event", [0, 0, 0, []]],
  ["a parent that is no number", [9, "1", 0, []]],
  ["an open segment", [9, 0, 0, [[1, 1]]]],
  ["a segment behind its beginning", [9, 0, 0, [[1, 1, 10]]]],
  ["no segments", [9, 0, 0]],
  ["more than a beginning", [9, 0, 0, [], 1]],
])("refuses, as a beginning, %s", (_name, record) => {
  expect(() => decodeRunStart(encodeCopy(record), "/s")).toThrow(corrupt);
});

it("refuses bytes that are no value", () => {
  expect(() => decodeRunTable(Buffer.from([0xc1]), "/s")).toThrow(/damaged/);
});

describe("the keys", () => {
  it("differ for each stream and run, and are never too long", () => {
    const names = [
      "",
      "task-graph",
      "a".repeat(1008),
      "a".repeat(1009),
      "a".repeat(1024),
      "é".repeat(512),
      "1/",
    ];
    const keys = names.flatMap((name) => [
      runTableKey(name),
      ...[1, 2, 11, Number.MAX_SAFE_INTEGER].map((run) => runStartKey(name, run)),
    ]);
    expect(new Set(keys.map((key) => key.toString("hex"))).size).toBe(names.length * 5);
    expect(Math.max(...keys.map((key) => key.length))).toBeLessThanOrEqual(1024);
  });
});
