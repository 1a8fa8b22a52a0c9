/**
 * The extension types that occur in stored values, and nothing else does.
 */

/** MessagePack's own timestamp: a `Date`. */
export const TIMESTAMP = -1;

/** A text or key that is not well-formed Unicode: its UTF-16 code units, little-endian. */
export const ILL_FORMED_TEXT = 1;
