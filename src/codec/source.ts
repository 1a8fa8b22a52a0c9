/**
 * The bytes that one decoding reads, and how far it has come.
 *
 * Constraint: nothing beyond the end is ever read; {@link Source.take} checks first, and throws a
 * {@link MalformedError} where the bytes do not suffice.
 */
import { MalformedError } from "./malformed.js";

/** See the module's description. */
export class Source {
  readonly bytes: Buffer;
  /** Where the next byte is read. */
  at = 0;
  #view: DataView | undefined;
  #latin1: string | undefined;

  constructor(
    bytes: Uint8Array,
    /** Whether text may hold surrogates of three bytes each. */
    readonly surrogateBytes: boolean,
  ) {
    this.bytes = Buffer.isBuffer(bytes)
      ? bytes
      : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** The bytes as a `DataView`, made at first use. */
  get view(): DataView {
    this.#view ??= new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.byteLength);
    return this.#view;
  }

  /** All the bytes as text, a character each, made at first use. */
  get latin1(): string {
    this.#latin1 ??= this.bytes.toString("latin1");
    return this.#latin1;
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
