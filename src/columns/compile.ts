/**
 * Compiles, for a shape, a function that builds values with object literals.
 *
 * Constraints: keys come from a model's tool calls, so they enter code only as JSON makes texts of them; the addon makes no column of a value that has a key `__proto__`, which in a literal
 * would set the prototype; a process may forbid compiling, and at most {@link MAX_COMPILED} functions are ever kept.
 *
 * Every literal is a flat one, the inner ones first: V8 copies those without leaving its fast path also before it has optimised the function, which in a process that has just
 * started is most of the time.
 */
import { fieldsOf, isMap, leavesOf, type MapShape, parseShape, type Shape } from "./shape.js";

/** Makes a value of each run of `leaves`, in order, and puts it where `rows` says. */
export type Builder = (
  values: unknown[],
  rows: ArrayLike<number> & Iterable<number>,
  leaves: readonly unknown[],
) => void;

/** How many functions there are at most. Compiling one takes about as long as building a hundred values. */
const MAX_COMPILED = 256;

const compiled = new Map<string, Builder>();
let mayCompile = true;

/** The function for a shape, given as JSON; `undefined` where there is none and none may be made. */
export function builderOf(shape: string): Builder | undefined {
  const known = compiled.get(shape);
  if (known !== undefined || !mayCompile || compiled.size >= MAX_COMPILED) return known;
  try {
    const make = new Function(sourceOf(parseShape(shape))) as () => Builder;
    const builder = make();
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
  const literals = new Literals();
  const whole = literals.expressionOf(shape);
  return `"use strict";
return (values, rows, leaves) => {
  for (let index = 0, at = 0; index < rows.length; index += 1, at += ${leavesOf(shape).length}) {
    ${literals.statements.join("\n    ")}
    values[rows[index]] = ${whole};
  }
};`;
}

/** The literals of a shape, as code. */
class Literals {
  /** What makes the inner ones. */
  readonly statements: string[] = [];
  #leaf = 0;

  /** What stands for a part: a leaf, or a literal of leaves and of variables that hold what is inside. */
  expressionOf(shape: Shape): string {
    if (typeof shape === "string") return `leaves[at + ${this.#leaf++}]`;
    return isMap(shape)
      ? this.#mapOf(shape)
      : `[${shape.slice(1).map((part) => this.#partOf(part as Shape))}]`;
  }

  #mapOf(shape: MapShape): string {
    return `{${fieldsOf(shape).map(([key, part]) => `${JSON.stringify(key)}: ${this.#partOf(part)}`)}}`;
  }

  #partOf(shape: Shape): string {
    const expression = this.expressionOf(shape);
    if (typeof shape === "string") return expression;
    const name = `part${this.statements.length}`;
    this.statements.push(`const ${name} = ${expression};`);
    return name;
  }
}
