/**
 * Damaged places as a table.
 */
import type { Damage } from "../reports.js";
import { table } from "./table.js";
import { count, quoted } from "./text.js";

/** All of them, in the order in which they were met. */
export function damageTable(damage: readonly Damage[]): string {
  const rows = damage.map(({ path, offset, what }) => [what, count(offset), quoted(path)]);
  return table(rows, ["left", "right", "left"], ["what", "at byte", "of file"]);
}
