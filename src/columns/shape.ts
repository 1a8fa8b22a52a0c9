/**
 * The shape of the values of one group, as the addon tells it.
 *
 * What each kind takes of a group's columns:
 * - `s`, a text, `null` or a boolean: a cell. From 0 on it is a place in the batch's table; -2^31 stands for the text that was last cut from the group's text, which is the `s` before this one
 *   in the value; any other one below 0 is the complement of how many characters of the group's text it takes;
 * - `i`, an integer: a cell, which is the integer;
 * - `d`, any number: a double;
 * - `b`, anything else: a cell, which is how many of the group's bytes it takes, a MessagePack value;
 * - `["l", shape …]`, a list, and `["m", key, shape …]`, a map: what their parts take, in order.
 */
export type Shape = "s" | "i" | "d" | "b" | readonly ["l", ...Shape[]] | MapShape;

/** Keys and shapes take turns. */
export type MapShape = readonly ["m", ...(string | Shape)[]];

/** The table of a batch: `null`, `false` and `true`, then the texts that repeat. */
export type Table = readonly (string | boolean | null)[];

/** Reads a shape. */
export function parseShape(json: string): Shape {
  return JSON.parse(json) as Shape;
}

/** The keys of a map, each with the shape of its value. */
export function fieldsOf(map: MapShape): [key: string, shape: Shape][] {
  const fields: [string, Shape][] = [];
  for (let index = 1; index < map.length; index += 2) {
    fields.push([map[index] as string, map[index + 1] as Shape]);
  }
  return fields;
}

/** The kinds of part that are in no part themselves. */
export type Leaf = Extract<Shape, string>;

/** Those of a shape, in order. */
export function leavesOf(shape: Shape): Leaf[] {
  if (typeof shape === "string") return [shape];
  const parts = isMap(shape) ? fieldsOf(shape).map(([, part]) => part) : (shape.slice(1) as Shape[]);
  return parts.flatMap(leavesOf);
}

/** Whether it is that of a map and not of a list. */
export function isMap(shape: Exclude<Shape, Leaf>): shape is MapShape {
  return shape[0] === "m";
}
