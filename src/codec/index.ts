/**
 * The codec for what the package stores: one value of standard MessagePack.
 *
 * `docs/format.md` tells the form; `encoder.ts` and `decoder.ts` tell how JavaScript's values map to it.
 */
export { type DecodeOptions, decode } from "./decoder.js";
export { encode, encodeCopy } from "./encoder.js";
export { MAX_DEPTH } from "./limits.js";
export { MalformedError } from "./malformed.js";
