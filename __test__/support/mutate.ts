/** Changes bytes as a fuzzer does, but by a seed alone. */
import type { SeededRandom } from "./seeded-random.js";

/** The longest result; nothing here needs more, and longer ones cost time. */
const MOST_BYTES = 4096;

/** Bytes at which decoders tend to be wrong: the ends of MessagePack's ranges, quotes and brackets of JSON. */
const EDGES = [
  0x00, 0x01, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xff, 0x22, 0x2c, 0x5b, 0x5d, 0x7b, 0x7d,
];

/** The heads of MessagePack's lengths, extensions and numbers. */
const FIRST_HEAD = 0xc0;
const HEADS = 0x20;

/** One of `pool` with a few changes, some of them parts of others of `pool`. */
export function mutated(random: SeededRandom, pool: readonly Buffer[]): Buffer {
  let bytes: Buffer = random.pick(pool);
  for (let changes = 2 ** random.below(4); changes > 0; changes -= 1) bytes = changed(random, bytes, pool);
  return bytes.subarray(0, MOST_BYTES);
}

function changed(random: SeededRandom, bytes: Buffer, pool: readonly Buffer[]): Buffer {
  const at = random.below(bytes.length + 1);
  const behind = Math.min(bytes.length, at + 1 + random.below(8));
  switch (random.below(7)) {
    case 0:
      return replaced(bytes, at, at + 1, [(bytes[at] ?? 0) ^ (1 << random.below(8))]);
    case 1:
      return replaced(bytes, at, at + 1, [random.pick(EDGES)]);
    case 2:
      return replaced(bytes, at, at + 1, [FIRST_HEAD + random.below(HEADS)]);
    case 3:
      return replaced(bytes, at, behind, []);
    case 4:
      return replaced(bytes, at, at, [random.pick(EDGES), random.below(256)]);
    case 5:
      return replaced(bytes, at, at, partOf(random, bytes));
    default:
      return replaced(bytes, at, bytes.length, partOf(random, random.pick(pool)));
  }
}

function partOf(random: SeededRandom, bytes: Buffer): Buffer {
  const from = random.below(bytes.length + 1);
  return bytes.subarray(from, from + 1 + random.below(64));
}

function replaced(bytes: Buffer, from: number, until: number, by: readonly number[] | Uint8Array): Buffer {
  return Buffer.concat([bytes.subarray(0, from), Buffer.from(by), bytes.subarray(until)]);
}
