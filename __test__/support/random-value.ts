/** Random values of every kind that the codec holds. */
import type { SeededRandom } from "./seeded-random.js";

const BOUNDARIES = [0, 0x1f, 0x7f, 0xff, 0x7fff, 0xffff, 0x7fff_ffff, 0xffff_ffff, Number.MAX_SAFE_INTEGER];
const FLOATS = [0.5, -1e300, 5e-324, 2 ** 53, 1e21, Number.NaN, Infinity, -Infinity];
const LETTERS = ["a", "Z", "é", "\u0000", "漢", "\uf8ff", "\ufffd", "\uff0c", "🚀"];
const LENGTHS = [0, 1, 5, 15, 16, 20, 21, 31, 32, 85, 255, 256, 300];

/** A value with at most `levels` levels of nesting; `texts` makes its texts and keys. */
export function randomValue(
  random: SeededRandom,
  levels: number,
  texts: (random: SeededRandom) => string = wellFormedText,
): unknown {
  const kind = random.below(levels > 1 ? 11 : 8);
  if (kind < 2) return random.pick(BOUNDARIES) * random.pick([1, -1]) + random.pick([-1, 0, 1]);
  if (kind === 2) return random.pick(FLOATS);
  if (kind < 5) return texts(random);
  if (kind === 5) return random.pick([null, true, false]);
  if (kind === 6) return Buffer.alloc(random.pick(LENGTHS), random.below(256));
  if (kind === 7) return new Date(random.pick([0, 1.7e12, 4294967296e3, -1, 8.64e15, -8.64e15]));
  const count = random.pick([0, 1, 3, 15, 16, 17]);
  const items = Array.from({ length: count }, () => randomValue(random, levels - 1, texts));
  if (kind === 8) return items;
  return Object.fromEntries(items.map((item) => [texts(random), item]));
}

/** A text of one kind of letter or of several. */
export function wellFormedText(random: SeededRandom): string {
  const letters = random.pick([["a"], ["a", "b", "7"], LETTERS]);
  return textOf(random, letters);
}

/** A text that may hold lone surrogates. */
export function anyText(random: SeededRandom): string {
  return textOf(random, random.pick([["x"], LETTERS, [...LETTERS, "\ud800", "\udfff"]]));
}

function textOf(random: SeededRandom, letters: readonly string[]): string {
  return Array.from({ length: random.pick(LENGTHS) }, () => random.pick(letters)).join("");
}
