/**
 * Values from the columns that the addon makes of a batch.
 *
 * Constraint: every value is what decoding its bytes gives: fresh plain objects with the same keys in the same order.
 */
import type { NativeColumns, NativeTexts } from "../binding.js";
import { builderOf } from "./compile.js";
import { interpretInto } from "./interpret.js";
import { parseShape, type Table } from "./shape.js";

/** Groups of fewer values do without a compiled function, unless one is at hand. */
const WORTH_COMPILING = 64;

/** Adds the values of `batch` to `values`; `decodeWhole` reads those that are in no group. */
export function buildInto(
  values: unknown[],
  batch: NativeColumns,
  decodeWhole: (bytes: Uint8Array) => unknown,
  worthCompiling = WORTH_COMPILING,
): void {
  const first = values.length;
  for (let row = 0; row < batch.count; row += 1) values.push(undefined);
  const table = tableOf(batch.texts);
  for (const group of batch.groups) {
    const builder = group.rows.length < worthCompiling ? undefined : builderOf(group.shape);
    if (builder === undefined) interpretInto(values, first, group, parseShape(group.shape), table);
    else builder(values, first, group, table);
  }
  const { rows, ends, slab } = batch.whole;
  let start = 0;
  for (const [index, row] of rows.entries()) {
    const end = ends[index] ?? start;
    values[first + row] = decodeWhole(slab.subarray(start, end));
    start = end;
  }
}

function tableOf({ text, ends }: NativeTexts): Table {
  const table: (string | boolean | null)[] = [null, false, true];
  let start = 0;
  for (const end of ends) {
    table.push(text.substring(start, end));
    start = end;
  }
  return table;
}
