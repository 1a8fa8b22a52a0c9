/**
 * The growing buffer that one encoding writes into.
 *
 * Constraints: whoever writes calls {@link Sink.reserve} first and writes no more than it reserved.
 * `bytes` and `view` are replaced when the buffer grows, so they are read anew after each reservation.
 */
import { MAX_LENGTH } from "./limits.js";
import { Refusal } from "./refusal.js";

/** Bytes a sink begins with, enough for nearly every event. */
const INITIAL_BYTES = 16 * 1024;

/**
 * Below this a buffer grows fourfold, and twofold from there. Each one that was outgrown takes memory until the
 * old generation is collected; a page of the new one takes none before it is written.
 */
const FAST_GROWTH_BYTES = 1024 * 1024;

/** A larger buffer is given up after its value, so that one large checkpoint does not hold memory for good. */
const KEPT_BYTES = 8 * 1024 * 1024;

/** See the module's description. */
export class Sink {
  bytes!: Buffer;
  view!: DataView;
  /** Where the next byte goes. */
  at = 0;
  #maxBytes = 0;

  constructor() {
    this.#use(Buffer.allocUnsafeSlow(INITIAL_BYTES));
  }

  /** Starts a value of at most `maxBytes` over the one before. */
  begin(maxBytes: number): void {
    this.at = 0;
    this.#maxBytes = Math.min(maxBytes, MAX_LENGTH);
  }

  /** What was written, as a view that the next value in this sink overwrites. */
  written(): Buffer {
    this.#check(this.at);
    return this.bytes.subarray(0, this.at);
  }

  /** Ends the value: gives back a buffer that grew large. */
  end(): void {
    if (this.bytes.length > KEPT_BYTES) this.#use(Buffer.allocUnsafeSlow(INITIAL_BYTES));
  }

  /** Makes room for up to `count` more bytes, of which fewer may be written. */
  reserve(count: number): void {
    if (this.at + count > this.bytes.length) this.#grow(count);
  }

  /** Makes room for a header and `most` bytes of data, where the value may grow by the `least` that are certain. */
  reserveData(least: number, most: number = least): void {
    this.#check(this.at + least);
    this.reserve(most + MAX_HEADER_BYTES);
  }

  #grow(count: number): void {
    this.#check(this.at);
    const factor = this.bytes.length < FAST_GROWTH_BYTES ? 4 : 2;
    const grown = allocate(Math.max(this.bytes.length * factor, this.at + count));
    this.bytes.copy(grown, 0, 0, this.at);
    this.#use(grown);
  }

  #use(bytes: Buffer): void {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  #check(bytes: number): void {
    if (bytes > this.#maxBytes)
      throw new Refusal("ERR_STORAGE_TOO_LARGE", `it takes more than ${this.#maxBytes} bytes`);
  }
}

/** The largest header MessagePack has: a type byte, four of length, and an extension's type. */
export const MAX_HEADER_BYTES = 6;

function allocate(bytes: number): Buffer {
  try {
    return Buffer.allocUnsafeSlow(bytes);
  } catch (cause) {
    throw new Refusal("ERR_STORAGE_TOO_LARGE", `no buffer of ${bytes} bytes can be had`, cause);
  }
}
