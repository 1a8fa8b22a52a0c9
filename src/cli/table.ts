/**
 * Tables without lines, so that they can be read, cut and pasted alike.
 */
import Table from "cli-table3";

const NO_LINES = {
  ...{ top: "", "top-mid": "", "top-left": "", "top-right": "" },
  ...{ bottom: "", "bottom-mid": "", "bottom-left": "", "bottom-right": "" },
  ...{ left: "", "left-mid": "", mid: "", "mid-mid": "", right: "", "right-mid": "", middle: "  " },
};

type Alignment = "left" | "right";

/** Rows of cells below each other, the columns aligned as `aligned` says; a `head` stands above. */
export function table(rows: readonly (readonly string[])[], aligned: Alignment[], head?: string[]): string {
  const made = new Table({
    ...(head === undefined ? {} : { head }),
    chars: NO_LINES,
    colAligns: aligned,
    // No colours: the text goes to files as well.
    style: { head: [], border: [], "padding-left": 0, "padding-right": 0 },
  });
  made.push(...rows.map((row) => [...row]));
  return made.toString().replace(/ +$/gm, "");
}
