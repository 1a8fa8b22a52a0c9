/**
 * Builds values by walking along their shape: for groups that are too small to compile a function for, and for processes in which none may be.
 */
import type { Builder } from "./compile.js";
import { fieldsOf, isMap, type Shape } from "./shape.js";

/** The builder for `shape` that needs no compiling. */
export function interpreterOf(shape: Shape): Builder {
  return (values, rows, leaves) => {
    const next = nextOf(leaves);
    for (const row of rows) values[row] = build(shape, next);
  };
}

function nextOf(leaves: readonly unknown[]): () => unknown {
  let place = 0;
  return () => leaves[place++];
}

function build(shape: Shape, next: () => unknown): unknown {
  if (typeof shape === "string") return next();
  if (!isMap(shape)) return shape.slice(1).map((part) => build(part as Shape, next));
  const map: Record<string, unknown> = {};
  for (const [key, part] of fieldsOf(shape)) map[key] = build(part, next);
  return map;
}
