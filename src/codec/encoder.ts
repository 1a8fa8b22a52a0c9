/**
 * Values to MessagePack.
 *
 * Constraints, all of them what callers of today's storage have come to rely on:
 * - a property whose value is `undefined` is left out, as in JSON; elsewhere `undefined` is nil;
 * - a `Date` is a timestamp; every view of an `ArrayBuffer` is the bytes it shows;
 * - any other object, whatever its class, is the map of its own enumerable properties with string keys;
 *   `toJSON` is not called, and a `Map` or `Set` is an empty map;
 * - a bigint, a function, a symbol, a circle, and nesting beyond {@link MAX_DEPTH} levels are refused with
 *   the way to the property at fault;
 * - each property is read once. Reading may run code of the caller's that throws, or encodes something
 *   itself: the value being written stays sound.
 */
import { types } from "node:util";
import { MAX_DEPTH, MAX_LENGTH } from "./limits.js";
import { Refusal } from "./refusal.js";
import { MAX_HEADER_BYTES, Sink } from "./sink.js";
import { writeDate } from "./timestamp.js";
import { writeBinaryHeader, writeListHeader, writeMapHeader } from "./write-header.js";
import { writeNumber } from "./write-number.js";
import { writeText } from "./write-text.js";

/** The buffer for the next value; taken while one is being written. */
let idle: Sink | undefined;

/**
 * Encodes `value` into a buffer that is used again.
 *
 * @returns a view that is good until the next call of `encode` or `encodeCopy`: hand it on at once, or use
 *   {@link encodeCopy}
 * @param maxBytes - the largest encoding that is accepted
 * @throws {@link StorageError} `ERR_STORAGE_UNSERIALIZABLE` with `property`, or `ERR_STORAGE_TOO_LARGE`
 */
export function encode(value: unknown, maxBytes: number = MAX_LENGTH): Buffer {
  const sink = idle ?? new Sink();
  idle = undefined;
  try {
    sink.begin(maxBytes);
    writeValue(sink, value, 1);
    return sink.written();
  } catch (error) {
    throw Refusal.of(error).toError();
  } finally {
    sink.end();
    idle = sink;
  }
}

/** Like {@link encode}, but the result is the caller's to keep. */
export function encodeCopy(value: unknown, maxBytes?: number): Buffer {
  return Buffer.from(encode(value, maxBytes));
}

function writeValue(sink: Sink, value: unknown, depth: number): void {
  if (depth > MAX_DEPTH) throw unserializable(`it is nested deeper than ${MAX_DEPTH} levels`);
  switch (typeof value) {
    case "string":
      writeText(sink, value);
      return;
    case "number":
      writeNumber(sink, value);
      return;
    case "boolean":
      writeByte(sink, value ? 0xc3 : 0xc2);
      return;
    case "undefined":
      writeByte(sink, 0xc0);
      return;
    case "object":
      if (value === null) writeByte(sink, 0xc0);
      else writeObject(sink, value, depth);
      return;
    default:
      throw unserializable(`a ${typeof value} has no form in MessagePack`);
  }
}

function writeObject(sink: Sink, value: object, depth: number): void {
  if (Array.isArray(value)) writeList(sink, value, depth);
  else if (Object.getPrototypeOf(value) === Object.prototype) writeMap(sink, value, depth);
  else if (ArrayBuffer.isView(value)) writeBinary(sink, value);
  else if (types.isDate(value)) writeDate(sink, value);
  else writeMap(sink, value, depth);
}

function writeList(sink: Sink, list: readonly unknown[], depth: number): void {
  const count = list.length;
  sink.reserve(MAX_HEADER_BYTES);
  writeListHeader(sink, count);
  let index = 0;
  try {
    for (; index < count; index += 1) writeValue(sink, list[index], depth + 1);
  } catch (error) {
    throw Refusal.of(error).through(list, index);
  }
}

/**
 * The count is only known once every property was read, so it goes in last, into the one byte that nearly
 * every map needs for it. Walking the properties rather than asking for the list of their names leaves no
 * list to be collected: those were a quarter of the garbage of a save.
 */
function writeMap(sink: Sink, map: object, depth: number): void {
  sink.reserve(MAX_HEADER_BYTES);
  const start = sink.at;
  sink.at += 1;
  let count = 0;
  let key = "";
  try {
    for (const name in map) {
      if (!Object.hasOwn(map, name)) continue;
      key = name;
      const value: unknown = (map as Record<string, unknown>)[name];
      if (value === undefined) continue;
      writeText(sink, name);
      writeValue(sink, value, depth + 1);
      count += 1;
    }
  } catch (error) {
    throw Refusal.of(error).through(map, key);
  }
  if (count < 16) sink.bytes[start] = 0x80 | count;
  else widenMapHeader(sink, start, count);
}

/** Moves what was written behind a header's first byte, at `start`, to where there is room for the whole of it. */
function widenMapHeader(sink: Sink, start: number, count: number): void {
  sink.reserve(MAX_HEADER_BYTES);
  const end = sink.at;
  const room = count < 0x1_0000 ? 3 : 5;
  sink.bytes.copyWithin(start + room, start + 1, end);
  sink.at = start;
  writeMapHeader(sink, count);
  sink.at = end + room - 1;
}

function writeBinary(sink: Sink, view: ArrayBufferView): void {
  const shown = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  sink.reserveData(shown.length);
  writeBinaryHeader(sink, shown.length);
  sink.bytes.set(shown, sink.at);
  sink.at += shown.length;
}

function writeByte(sink: Sink, byte: number): void {
  sink.reserve(1);
  sink.bytes[sink.at++] = byte;
}

function unserializable(reason: string): Refusal {
  return new Refusal("ERR_STORAGE_UNSERIALIZABLE", reason);
}
