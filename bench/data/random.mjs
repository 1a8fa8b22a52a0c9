/**
 * Random numbers that a seed repeats (splitmix32): every contender, process and machine gets the same data.
 */

/** Sixteen bits in hexadecimal. */
const HEX = Array.from({ length: 2 ** 16 }, (_, value) => value.toString(16).padStart(4, "0"));

export class Random {
  #state;

  /** @param {number} seed */
  constructor(seed) {
    this.#state = seed | 0;
  }

  /** An integer from 0 to 2³² − 1. */
  bits() {
    this.#state = (this.#state + 0x9e3779b9) | 0;
    let mixed = this.#state ^ (this.#state >>> 16);
    mixed = Math.imul(mixed, 0x21f0aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a2d97);
    return (mixed ^ (mixed >>> 15)) >>> 0;
  }

  /** A number from 0 to below 1. */
  next() {
    return this.bits() / 2 ** 32;
  }

  /** An integer from 0 to below `end`. @param {number} end */
  below(end) {
    return Math.floor(this.next() * end);
  }

  /** @param {number} probability */
  chance(probability) {
    return this.next() < probability;
  }

  /** @template T @param {readonly T[]} choices @returns {T} */
  pick(choices) {
    return /** @type {T} */ (choices[this.below(choices.length)]);
  }

  /** Sixteen bits in hexadecimal. */
  #hex4() {
    return /** @type {string} */ (HEX[this.bits() >>> 16]);
  }

  /** @param {number} length at most 8 */
  hex(length) {
    if (length === 8) return this.#hex4() + this.#hex4();
    return (length > 4 ? this.#hex4() + this.#hex4() : this.#hex4()).slice(0, length);
  }

  /** A UUID of version 4. */
  uuid() {
    const variant = "89ab".charAt(this.below(4));
    return `${this.hex(8)}-${this.#hex4()}-4${this.hex(3)}-${variant}${this.hex(3)}-${this.hex(8)}${this.#hex4()}`;
  }
}
