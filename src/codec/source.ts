/**
 * What one decoding reads, and how far it has come.
 *
 * Constraint: nothing beyond the end is ever read; {@link Source.take} checks first, and throws a
 * {@link MalformedError} where the bytes do not suffice.
 */
import { MalformedError } from "./malformed.js";

/** How many bytes become text at once. A text that is cut out of them keeps them all alive. */
export const WINDOW_BYTES = 2048;

/** See the module's description. */
export class Source {
  readonly bytes: Buffer;
  /** Where the next byte is read. */
  at = 0;
  /** Whether texts that were cut out of a longer one may keep that alive: where most of the bytes are such texts. */
  readonly cuts: boolean;
  #view: DataView | undefined;
  #window = "";
  #windowStart = 0;
  #texts: readonly string[];
  #textsGiven = 0;

  constructor(
    bytes: Uint8Array,
    /** Whether text may hold surrogates of three bytes each. */
    readonly surrogateBytes: boolean,
    /** What stands in for the bytes 0xc1. */
    texts: readonly string[],
  ) {
    this.#texts = texts;
    this.cuts = texts.length > 0 || bytes.length <= WINDOW_BYTES;
    this.bytes = Buffer.isBuffer(bytes)
      ? bytes
      : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** The bytes as a `DataView`, made at first use. */
  get view(): DataView {
    this.#view ??= new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.byteLength);
    return this.#view;
  }

  /** The ASCII text of the bytes from `start`, `size` of them and at most {@link WINDOW_BYTES}, cut out of that of the bytes around. */
  cut(start: number, size: number): string {
    let from = start - this.#windowStart;
    if (from < 0 || from + size > this.#window.length) {
      this.#window = this.bytes.toString("latin1", start, start + WINDOW_BYTES);
      this.#windowStart = start;
      from = 0;
    }
    return this.#window.substring(from, from + size);
  }

  /** The next of the texts that left. */
  nextText(): string {
    const text = this.#texts[this.#textsGiven];
    if (text === undefined) throw this.malformed("a type byte 0xc1", this.at - 1);
    this.#textsGiven += 1;
    return text;
  }

  /** Passes over `count` bytes and gives where they begin. */
  take(count: number): number {
    const start = this.at;
    const missing = count - (this.bytes.length - start);
    if (missing > 0) throw this.malformed(`the input ends ${missing} bytes early`);
    this.at = start + count;
    return start;
  }

  /** Passes over an unsigned number of one byte. */
  u8(): number {
    return this.view.getUint8(this.take(1));
  }

  /** Passes over an unsigned number of two bytes. */
  u16(): number {
    return this.view.getUint16(this.take(2));
  }

  /** Passes over an unsigned number of four bytes. */
  u32(): number {
    return this.view.getUint32(this.take(4));
  }

  /** An error at the place reached, or at `offset`. */
  malformed(what: string, offset: number = this.at): MalformedError {
    return new MalformedError(what, offset);
  }
}
