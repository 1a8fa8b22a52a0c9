/**
 * Values from the columns that the addon makes of a batch.
 *
 * Constraint: every value is what decoding its bytes gives: fresh plain objects with the same keys in the same order.
 */
import type { NativeColumns, NativeTexts } from "../binding.js";
import { type Builder, builderOf } from "./compile.js";
import { interpreterOf } from "./interpret.js";
import { Leaves } from "./leaves.js";
import { leavesOf, parseShape, type Table } from "./shape.js";

/** Groups of fewer values do without a compiled function, unless one is at hand. */
const WORTH_COMPILING = 64;

/** How many values are made at once. */
const VALUES_AT_ONCE = 64;

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
    const shape = parseShape(group.shape);
    const compiled = group.rows.length < worthCompiling ? undefined : builderOf(group.shape);
    const rows = group.rows.map((row) => first + row);
    buildGroup(values, rows, new Leaves(group, table, leavesOf(shape)), compiled ?? interpreterOf(shape));
  }
  const { rows, ends, slab } = batch.whole;
  let start = 0;
  for (const [index, row] of rows.entries()) {
    const end = ends[index] ?? start;
    values[first + row] = decodeWhole(slab.subarray(start, end));
    start = end;
  }
}

/** Some values at a time, so that their leaves lie where V8 keeps what is new: a list that were old would be looked through at each collection. */
function buildGroup(values: unknown[], rows: Uint32Array, leaves: Leaves, builder: Builder): void {
  const some: unknown[] = [];
  for (let from = 0; from < rows.length; from += VALUES_AT_ONCE) {
    const next = rows.subarray(from, from + VALUES_AT_ONCE);
    leaves.read(some, next.length);
    builder(values, next, some);
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
