/**
 * Stored bytes as JSON.
 *
 * Constraints: every value that the codec can give has one form, and no two values share one; nothing makes the conversion fail.
 *
 * | value | form |
 * | --- | --- |
 * | text, `true`, `false`, `null`, list | as it is; a lone surrogate is escaped, as `"\ud800"` |
 * | number | as it is; an integer beyond 2^53 is the nearest number |
 * | `NaN`, an infinity, −0 | `{ "$number": "NaN" }`, `"Infinity"`, `"-Infinity"`, `"-0"` |
 * | bytes | `{ "$bytes": "<base64>" }` |
 * | date | `{ "$date": "<ISO 8601>" }`; an invalid one `{ "$date": null }` |
 * | map | an object; a key that begins with `$` gets one more `$` |
 *
 * Bytes that are no MessagePack value have no such form: they stand as base64 under another key.
 */
import { decode, MalformedError } from "../codec/index.js";
import { escaped } from "./text.js";

/** A value that JSON holds without loss. */
export type JsonForm = string | number | boolean | null | JsonForm[] | { [key: string]: JsonForm };

/** `{ [key]: … }` where `bytes` are one MessagePack value, else `{ [otherwise]: "<base64>" }`. */
export function stored(bytes: Buffer, key: string, otherwise: string): Record<string, JsonForm> {
  try {
    return { [key]: jsonForm(decode(bytes)) };
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
    return { [otherwise]: bytes.toString("base64") };
  }
}

/** See the module's table. */
export function jsonForm(value: unknown): JsonForm {
  switch (typeof value) {
    case "string":
    case "boolean":
      return value;
    case "number":
      return numberForm(value);
    default:
      return value === null ? null : objectForm(value as object);
  }
}

function numberForm(value: number): JsonForm {
  if (Object.is(value, -0)) return { $number: "-0" };
  return Number.isFinite(value) ? value : { $number: String(value) };
}

function objectForm(value: object): JsonForm {
  if (Array.isArray(value)) return value.map(jsonForm);
  if (value instanceof Uint8Array) return { $bytes: Buffer.from(value).toString("base64") };
  if (value instanceof Date) return { $date: value.toJSON() };
  // Not assigned one by one: a key may be `__proto__`.
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key.startsWith("$") ? `$${key}` : key, jsonForm(inner)]),
  );
}

/**
 * `record` as a line, with its end. Control characters that JSON lets stand are escaped too, since the line may go to a terminal.
 *
 * @throws RangeError where it would be longer than a text can be
 */
export function jsonLine(record: object): string {
  const json = JSON.stringify(record);
  return `${json.replace(/[\u007f-\u009f]/g, (character) => escaped(character.charCodeAt(0)))}\n`;
}
