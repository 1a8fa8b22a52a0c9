/**
 * MessagePack to values.
 *
 * Constraints:
 * - what is read is one whole value with nothing behind it, or a {@link MalformedError}: never a guess;
 * - no input makes it hang, run out of stack or claim memory beyond what its own bytes can fill; nesting
 *   ends at {@link MAX_DEPTH} levels, where the encoder ends too;
 * - everything given out is fresh: objects are plain, bytes are copies in `Buffer`s;
 * - a key `__proto__` becomes an own property, like any other key.
 *
 * Integers of 64 bits become numbers, the nearest ones where they lie beyond the safe range, as today's
 * storage reads them. Keys that are numbers, booleans or nil (other writers have such) become the property
 * names that JavaScript makes of them; other kinds of key are refused, as are extension types that
 * `extensions.ts` does not name.
 */
import { ILL_FORMED_TEXT, TIMESTAMP } from "./extensions.js";
import { MAX_DEPTH } from "./limits.js";
import { readKeyText, readText } from "./read-text.js";
import { Source } from "./source.js";
import { readDate } from "./timestamp.js";

/** How bytes are read that today's storage wrote and the encoder here would not. */
export interface DecodeOptions {
  /**
   * Whether a text may hold lone surrogates in three bytes each, as today's storage writes them. Default
   * false: such a text is malformed.
   */
  readonly surrogateBytes?: boolean;
  /**
   * The texts that left the value, in order. The type byte 0xc1, which MessagePack never uses, stands for each of them. Default none, so that
   * the byte is malformed.
   */
  readonly texts?: readonly string[];
}

/**
 * Decodes the one value in `bytes`.
 *
 * @throws {@link MalformedError} where the bytes are anything else
 */
export function decode(bytes: Uint8Array, options?: DecodeOptions): unknown {
  const source = new Source(bytes, options?.surrogateBytes ?? false, options?.texts ?? []);
  const value = readValue(source, 1);
  const rest = source.bytes.length - source.at;
  if (rest > 0) throw source.malformed(`${rest} bytes follow the value`);
  return value;
}

function readValue(source: Source, depth: number): unknown {
  const start = source.take(1);
  const head = source.bytes[start] as number;
  if (depth > MAX_DEPTH) throw source.malformed(`nested deeper than ${MAX_DEPTH} levels`, start);
  if (head < 0x80) return head;
  if (head < 0x90) return readMap(source, head & 0x0f, depth);
  if (head < 0xa0) return readList(source, head & 0x0f, depth);
  if (head < 0xc0) return readText(source, head & 0x1f);
  if (head >= 0xe0) return head - 0x100;
  switch (head) {
    case 0xc0:
      return null;
    case 0xc1:
      return source.nextText();
    case 0xc2:
      return false;
    case 0xc3:
      return true;
    case 0xc4:
      return readBinary(source, source.u8());
    case 0xc5:
      return readBinary(source, source.u16());
    case 0xc6:
      return readBinary(source, source.u32());
    case 0xc7:
      return readExtension(source, source.u8());
    case 0xc8:
      return readExtension(source, source.u16());
    case 0xc9:
      return readExtension(source, source.u32());
    case 0xca:
      return source.view.getFloat32(source.take(4));
    case 0xcb:
      return source.view.getFloat64(source.take(8));
    case 0xcc:
      return source.u8();
    case 0xcd:
      return source.u16();
    case 0xce:
      return source.u32();
    case 0xcf:
      return source.u32() * 0x1_0000_0000 + source.u32();
    case 0xd0:
      return source.view.getInt8(source.take(1));
    case 0xd1:
      return source.view.getInt16(source.take(2));
    case 0xd2:
      return source.view.getInt32(source.take(4));
    case 0xd3:
      return source.view.getInt32(source.take(4)) * 0x1_0000_0000 + source.u32();
    case 0xd4:
    case 0xd5:
    case 0xd6:
    case 0xd7:
    case 0xd8:
      return readExtension(source, 1 << (head - 0xd4));
    case 0xd9:
      return readText(source, source.u8());
    case 0xda:
      return readText(source, source.u16());
    case 0xdb:
      return readText(source, source.u32());
    case 0xdc:
      return readList(source, source.u16(), depth);
    case 0xdd:
      return readList(source, source.u32(), depth);
    case 0xde:
      return readMap(source, source.u16(), depth);
    case 0xdf:
      return readMap(source, source.u32(), depth);
    default:
      throw source.malformed(`a type byte ${head}`, start);
  }
}

function readList(source: Source, count: number, depth: number): unknown[] {
  const list: unknown[] = [];
  for (let index = 0; index < count; index += 1) list.push(readValue(source, depth + 1));
  return list;
}

function readMap(source: Source, count: number, depth: number): Record<string, unknown> {
  const map: Record<string, unknown> = {};
  for (let index = 0; index < count; index += 1) {
    const key = readKey(source, depth + 1);
    const value = readValue(source, depth + 1);
    if (key === "__proto__") setOwn(map, key, value);
    else map[key] = value;
  }
  return map;
}

/** Assigning to `__proto__` would set the prototype. */
function setOwn(map: Record<string, unknown>, key: string, value: unknown): void {
  Object.defineProperty(map, key, { value, writable: true, enumerable: true, configurable: true });
}

function readKey(source: Source, depth: number): string {
  const start = source.at;
  const head = source.bytes[start] ?? 0;
  if ((head & 0xe0) === 0xa0) {
    source.at = start + 1;
    return readKeyText(source, head & 0x1f);
  }
  const key = readValue(source, depth);
  if (typeof key === "string") return key;
  if (typeof key === "number" || typeof key === "boolean" || key === null) return String(key);
  throw source.malformed("a map key that is no text", start);
}

function readBinary(source: Source, size: number): Buffer {
  const start = source.take(size);
  return Buffer.from(source.bytes.subarray(start, start + size));
}

function readExtension(source: Source, size: number): unknown {
  const typeAt = source.take(1);
  const type = source.view.getInt8(typeAt);
  const start = source.take(size);
  if (type === TIMESTAMP) {
    const date = readDate(source.view, start, size);
    if (date === undefined) throw source.malformed(`a timestamp of ${size} bytes`, typeAt);
    return date;
  }
  if (type !== ILL_FORMED_TEXT) throw source.malformed(`an extension of unknown type ${type}`, typeAt);
  if (size % 2 !== 0) throw source.malformed(`UTF-16 of ${size} bytes`, typeAt);
  return source.bytes.toString("utf16le", start, start + size);
}
