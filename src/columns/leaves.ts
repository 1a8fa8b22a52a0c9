/**
 * The parts of a group's values as JavaScript's own, value by value: texts, numbers, and what was decoded.
 *
 * This is apart from making the objects since it is the same for all shapes: it is compiled once, and what is compiled for a shape has nothing left to do but
 * to put the parts into a literal.
 */
import type { NativeGroup } from "../binding.js";
import { decode } from "../codec/index.js";
import type { Leaf, Table } from "./shape.js";

const INTEGER: Leaf = "i";
const DOUBLE: Leaf = "d";
const BYTES: Leaf = "b";

/** The cell of a text that is the one before it. */
const SAME = -(2 ** 31);

/** Where reading a group's columns is. */
export class Leaves {
  readonly #group: NativeGroup;
  readonly #table: Table;
  readonly #kinds: readonly Leaf[];
  #cell = 0;
  #double = 0;
  #text = 0;
  #byte = 0;

  /** @param kinds - the leaves of one value */
  constructor(group: NativeGroup, table: Table, kinds: readonly Leaf[]) {
    this.#group = group;
    this.#table = table;
    this.#kinds = kinds;
  }

  /**
   * Puts the leaves of the next `count` values into `leaves`, from its beginning.
   *
   * One loop over local variables: in a process that has just started, most of it runs before V8 optimises anything.
   */
  read(leaves: unknown[], count: number): void {
    const { cells, doubles, text, bytes } = this.#group;
    const table = this.#table;
    const kinds = this.#kinds;
    const each = kinds.length;
    let cell = this.#cell;
    let at = this.#text;
    let cut = "";
    for (let place = 0, kind = 0; place < count * each; place += 1) {
      const what = kinds[kind];
      kind = kind + 1 === each ? 0 : kind + 1;
      if (what === DOUBLE) {
        leaves[place] = doubles[this.#double++];
        continue;
      }
      const taken = cells[cell++] as number;
      if (what === INTEGER) leaves[place] = taken;
      else if (what === BYTES) {
        const start = this.#byte;
        this.#byte += taken;
        leaves[place] = decode(bytes.subarray(start, this.#byte));
      } else if (taken >= 0) leaves[place] = table[taken];
      else {
        if (taken !== SAME) {
          const start = at;
          at += ~taken;
          cut = text.substring(start, at);
        }
        leaves[place] = cut;
      }
    }
    this.#cell = cell;
    this.#text = at;
  }
}
