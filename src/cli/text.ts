/**
 * Figures and names as a person reads them.
 *
 * Constraint: names come from a store and go to a terminal, so nothing in them may steer it: every control and format character is escaped.
 */

const UNITS = ["KiB", "MiB", "GiB", "TiB"] as const;
const COUNTS = new Intl.NumberFormat("en-GB");

/** `1,234`. */
export function count(value: number): string {
  return COUNTS.format(value);
}

/** `512 B`, `1.2 MiB`. */
export function size(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  let value = bytes / 1024;
  let unit = 0;
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${value.toFixed(1)} ${UNITS[unit]}`;
}

/** A count and its word: `1 event`, `2 events`. */
export function counted(value: number, word: string): string {
  return `${count(value)} ${word}${value === 1 ? "" : "s"}`;
}

/** A name or path in quotation marks, as JSON has it. */
export function quoted(text: string): string {
  return visible(JSON.stringify(text));
}

/** `text` with everything escaped that is not plainly visible, except the ends of its lines. */
export function visible(text: string): string {
  return text.replace(/(?!\n)\p{C}/gu, (character) =>
    [...Array(character.length).keys()].map((unit) => escaped(character.charCodeAt(unit))).join(""),
  );
}

/** `\u009b`. */
export function escaped(codeUnit: number): string {
  return `\\u${codeUnit.toString(16).padStart(4, "0")}`;
}
