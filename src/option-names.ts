/**
 * Names of options: telling a misspelt one, which would otherwise count for nothing in silence.
 *
 * Constraint: near means a slip of the keyboard or another case, so that a name which means something else is never taken for one of ours.
 */

/** How many letters a misspelt name may have too many, too few or wrong. */
const MAX_SLIPS = 2;

/** The names of the options of `T`, all of them: the compiler misses one that is left out. */
export function optionNames<T>(names: Record<keyof T & string, true>): readonly string[] {
  return Object.keys(names);
}

/**
 * The one of `names` that `name` is likely to have meant.
 *
 * Drop-ins are made for every request, each with names that are none of ours: so most names are told apart by their lengths alone.
 */
export function nearestName(name: string, names: readonly string[]): string | undefined {
  let [nearest, least] = [undefined as string | undefined, MAX_SLIPS + 1];
  for (const candidate of names) {
    if (Math.abs(candidate.length - name.length) >= least) continue;
    const distance = slips(name.toLowerCase(), candidate.toLowerCase());
    if (distance < least) [nearest, least] = [candidate, distance];
  }
  return nearest;
}

/** The Levenshtein distance: insertions, deletions and replacements that make `right` of `left`. */
function slips(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (const [index, letter] of [...left].entries()) {
    const next = [index + 1];
    for (const [column, other] of [...right].entries()) {
      const replaced = (row[column] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min(replaced, (row[column + 1] ?? 0) + 1, (next[column] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
