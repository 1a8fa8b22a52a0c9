/**
 * Values whose encoding is kept in `fixtures/codec/`, one file each, for decoders in other languages.
 *
 * `tree` tells by hand, in words of MessagePack, what the bytes must hold, so that a test in any language can
 * compare without knowing JavaScript: `null`, `true`, `false`, `{"int": "…"}` in decimal, `{"float64": "…"}`
 * as the eight bytes in hexadecimal, `{"text": "…"}`, `{"bytes": "…"}` in hexadecimal, a list as a list,
 * `{"map": [[key, value], …]}` in order, `{"extension": type, "data": "…"}` in hexadecimal.
 */

export type Tree =
  | null
  | boolean
  | readonly Tree[]
  | { readonly int: string }
  | { readonly float64: string }
  | { readonly text: string }
  | { readonly bytes: string }
  | { readonly map: readonly (readonly [Tree, Tree])[] }
  | { readonly extension: number; readonly data: string };

export interface CodecFixture {
  /** The file's name without its ending. */
  readonly name: string;
  readonly value: unknown;
  readonly tree: Tree;
}

const text = (value: string): Tree => ({ text: value });
const int = (value: number | string): Tree => ({ int: String(value) });
const map = (...entries: readonly (readonly [string, Tree])[]): Tree => ({
  map: entries.map(([key, value]) => [text(key), value] as const),
});

const INTEGERS = [
  0, 1, 127, 128, 255, 256, 65_535, 65_536, 4_294_967_295, 4_294_967_296, 9_007_199_254_740_991, -1, -32, -33,
  -128, -129, -32_768, -32_769, -2_147_483_648, -2_147_483_649, -9_007_199_254_740_991,
];

export const codecFixtures: readonly CodecFixture[] = [
  { name: "integers", value: INTEGERS, tree: INTEGERS.map(int) },
  {
    name: "floats",
    value: [0.5, -1.5, 1e21, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0],
    tree: [
      { float64: "3fe0000000000000" },
      { float64: "bff8000000000000" },
      { float64: "444b1ae4d6e2ef50" },
      { float64: "7ff8000000000000" },
      { float64: "7ff0000000000000" },
      { float64: "fff0000000000000" },
      int(0),
    ],
  },
  {
    name: "texts",
    value: [
      "",
      "a",
      "é",
      "漢字",
      "🚀",
      "\u0000",
      "a".repeat(31),
      "a".repeat(32),
      "é".repeat(128),
      "漢".repeat(21_846),
    ],
    tree: [
      ...["", "a", "é", "漢字", "🚀", "\u0000"].map(text),
      text("a".repeat(31)),
      text("a".repeat(32)),
      text("é".repeat(128)),
      text("漢".repeat(21_846)),
    ],
  },
  {
    name: "ill-formed-texts",
    value: { texts: ["\ud800", "a\udc00b", "\udc00\ud800"], "key\udbff": 1 },
    tree: {
      map: [
        [
          text("texts"),
          [
            { extension: 1, data: "00d8" },
            { extension: 1, data: "610000dc6200" },
            { extension: 1, data: "00dc00d8" },
          ],
        ],
        [{ extension: 1, data: "6b0065007900ffdb" }, int(1)],
      ],
    },
  },
  {
    name: "dates",
    value: [
      new Date(0),
      new Date(1_700_000_000_123),
      new Date(4_294_967_296_000),
      new Date(-1),
      new Date(Number.NaN),
    ],
    tree: [
      { extension: -1, data: "00000000" },
      { extension: -1, data: "1d5353006553f100" },
      { extension: -1, data: "0000000100000000" },
      { extension: -1, data: "3b8b87c0ffffffffffffffff" },
      { extension: -1, data: "000000008000000000000000" },
    ],
  },
  {
    name: "bytes",
    value: [new Uint8Array(0), new Uint8Array([0, 127, 255]), new Uint16Array([0]), Buffer.alloc(256, 7)],
    tree: [{ bytes: "" }, { bytes: "007fff" }, { bytes: "0000" }, { bytes: "07".repeat(256) }],
  },
  {
    name: "objects",
    value: {
      z: 1,
      left: undefined,
      nothing: null,
      "": { "key with spaces": true, own: new Map([["x", 1]]) },
      ["__proto__"]: [undefined, false],
    },
    tree: map(
      ["z", int(1)],
      ["nothing", null],
      ["", map(["key with spaces", true], ["own", map()])],
      ["__proto__", [null, false]],
    ),
  },
  {
    name: "large-containers",
    value: {
      list: Array.from({ length: 300 }, () => null),
      map: Object.fromEntries(
        Array.from({ length: 20 }, (_, index) => [`k${index}`, index % 2 ? index : undefined]),
      ),
    },
    tree: map(
      ["list", Array.from({ length: 300 }, () => null)],
      [
        "map",
        map(...Array.from({ length: 10 }, (_, index) => [`k${index * 2 + 1}`, int(index * 2 + 1)] as const)),
      ],
    ),
  },
  {
    name: "task-graph-event",
    value: {
      id: "0b0f7d6e-3f0e-4c55-9d3e-0c1a5f6d7e8f",
      sequenceId: 501,
      eventVersion: 1,
      nodeId: "node-7",
      type: "node_started",
      timestamp: "2025-10-09T08:00:00.000Z",
      payload: { status: "running" },
    },
    tree: map(
      ["id", text("0b0f7d6e-3f0e-4c55-9d3e-0c1a5f6d7e8f")],
      ["sequenceId", int(501)],
      ["eventVersion", int(1)],
      ["nodeId", text("node-7")],
      ["type", text("node_started")],
      ["timestamp", text("2025-10-09T08:00:00.000Z")],
      ["payload", map(["status", text("running")])],
    ),
  },
];
