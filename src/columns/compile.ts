/**
 * Compiles, for a shape, a function that builds a group's values with one object literal.
 *
 * Constraints: keys come from a model's tool calls, so they enter code only as JSON makes texts of them; the addon makes no column of a value that has a key `__proto__`, which in a literal
 * would set the prototype; a process may forbid compiling, and at most {@link MAX_COMPILED} functions are ever kept.
 */
import type { NativeGroup } from "../binding.js";
import { decode } from "../codec/index.js";
import { fieldsOf, parseShape, type Shape, type Table } from "./shape.js";

/** Puts the values of a group where its rows say, counted from `first`. */
export type Builder = (values: unknown[], first: number, group: NativeGroup, table: Table) => void;

/** How many functions there are at most. Compiling one takes about as long as building a hundred values. */
const MAX_COMPILED = 256;

const compiled = new Map<string, Builder>();
let mayCompile = true;

/** The function for a shape, given as JSON; `undefined` where there is none and none may be made. */
export function builderOf(shape: string): Builder | undefined {
  const known = compiled.get(shape);
  if (known !== undefined || !mayCompile || compiled.size >= MAX_COMPILED) return known;
  try {
    const make = new Function("decode", sourceOf(parseShape(shape))) as (from: typeof decode) => Builder;
    const builder = make(decode);
    compiled.set(shape, builder);
    return builder;
  } catch (error) {
    // Node's --disallow-code-generation-from-strings, and what else forbids it.
    if (!(error instanceof EvalError)) throw error;
    mayCompile = false;
    return undefined;
  }
}

function sourceOf(shape: Shape): string {
  return `"use strict";
return (values, first, { rows, cells, doubles, text, bytes }, table) => {
  let cell = 0, double = 0, at = 0, byte = 0, taken = 0;
  for (let index = 0; index < rows.length; index += 1) values[first + rows[index]] = ${expressionOf(shape)};
};`;
}

/** JavaScript takes the parts of a literal, and the arguments of a call, in the order in which they stand. */
function expressionOf(shape: Shape): string {
  switch (shape) {
    case "s":
      return "((taken = cells[cell++]) < 0 ? text.substring(at, at += ~taken) : table[taken])";
    case "i":
      return "cells[cell++]";
    case "d":
      return "doubles[double++]";
    case "b":
      return "decode(bytes.subarray(byte, byte += cells[cell++]))";
    default:
      return shape[0] === "l"
        ? `[${shape.slice(1).map((part) => expressionOf(part as Shape))}]`
        : `{${fieldsOf(shape as readonly ["m"]).map(([key, part]) => `${JSON.stringify(key)}: ${expressionOf(part)}`)}}`;
  }
}
