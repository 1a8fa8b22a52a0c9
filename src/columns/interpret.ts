/**
 * Builds the values of a group by walking along its shape: for groups that are too small to compile a function for, and for processes in which none may be.
 */
import type { NativeGroup } from "../binding.js";
import { decode } from "../codec/index.js";
import { fieldsOf, type Shape, type Table } from "./shape.js";

/** Puts the values of `group` where its rows say, counted from `first`. */
export function interpretInto(
  values: unknown[],
  first: number,
  group: NativeGroup,
  shape: Shape,
  table: Table,
): void {
  const columns = new Columns(group, table);
  for (const row of group.rows) values[first + row] = columns.next(shape);
}

/** Where reading a group's columns is. */
class Columns {
  readonly #group: NativeGroup;
  readonly #table: Table;
  #cell = 0;
  #double = 0;
  #text = 0;
  #byte = 0;

  constructor(group: NativeGroup, table: Table) {
    this.#group = group;
    this.#table = table;
  }

  next(shape: Shape): unknown {
    switch (shape) {
      case "s":
        return this.#nextText();
      case "i":
        return this.#nextCell();
      case "d":
        return this.#group.doubles[this.#double++];
      case "b":
        return this.#nextDecoded();
      default:
        return shape[0] === "l"
          ? shape.slice(1).map((part) => this.next(part as Shape))
          : this.#nextMap(shape);
    }
  }

  #nextMap(shape: Exclude<Shape, string>): Record<string, unknown> {
    const map: Record<string, unknown> = {};
    for (const [key, part] of fieldsOf(shape as readonly ["m"])) map[key] = this.next(part);
    return map;
  }

  #nextCell(): number {
    return this.#group.cells[this.#cell++] ?? 0;
  }

  #nextText(): unknown {
    const cell = this.#nextCell();
    if (cell >= 0) return this.#table[cell];
    const start = this.#text;
    this.#text += ~cell;
    return this.#group.text.substring(start, this.#text);
  }

  #nextDecoded(): unknown {
    const start = this.#byte;
    this.#byte += this.#nextCell();
    return decode(this.#group.bytes.subarray(start, this.#byte));
  }
}
