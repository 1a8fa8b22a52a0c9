/**
 * Short ASCII texts that were read before, found again by their bytes.
 *
 * Constraints: a fixed number of slots, each holding the last text that fell into it, so memory does not
 * grow with the input; a text is only given out after all its bytes were compared.
 *
 * Values of one kind repeat their keys, and the same string object makes the fastest property name.
 */

const SLOTS = 1024;

/** Longer keys are read anew each time. */
export const MAX_CACHED_BYTES = 31;

const cached: (string | undefined)[] = new Array<undefined>(SLOTS).fill(undefined);

/** The text of the bytes from `start`, `size` of them, where it is at hand. */
export function recall(bytes: Uint8Array, start: number, size: number): string | undefined {
  const text = cached[slotOf(bytes, start, size)];
  if (text === undefined || text.length !== size) return undefined;
  for (let index = 0; index < size; index += 1) {
    if (text.charCodeAt(index) !== bytes[start + index]) return undefined;
  }
  return text;
}

/** Keeps `text`, which was read from these bytes. */
export function remember(bytes: Uint8Array, start: number, size: number, text: string): void {
  if (text.length === size) cached[slotOf(bytes, start, size)] = text;
}

function slotOf(bytes: Uint8Array, start: number, size: number): number {
  const first = bytes[start] ?? 0;
  const middle = bytes[start + (size >> 1)] ?? 0;
  const last = bytes[start + size - 1] ?? 0;
  return (first * 37 + middle * 11 + last * 5 + size * 71) & (SLOTS - 1);
}
