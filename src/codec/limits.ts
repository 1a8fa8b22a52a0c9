/**
 * Limits that both directions of the codec share.
 *
 * A value is at level 1, what it contains at level 2, and so on; a text or number counts as a level like
 * anything else. This is how today's storage counts, so both refuse exactly the same values.
 */

/** Levels of nesting that are written and read. */
export const MAX_DEPTH = 100;

/** The largest length any MessagePack header can give, in bytes or items. */
export const MAX_LENGTH = 0xffff_ffff;
