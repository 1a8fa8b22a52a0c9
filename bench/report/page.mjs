/**
 * The results as one page that needs nothing else: the targets, and for each workload its plots.
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { plotsOf } from "./plots.mjs";
import { escapeMarkup } from "./svg.mjs";

/** @typedef {import("./json.mjs").Run} Run */

const STYLE = `
  :root { color-scheme: light dark; --ours: #2563eb; --other: #94a3b8; --line: #8884; }
  body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
  table { border-collapse: collapse; } td, th { padding: .2rem .8rem .2rem 0; text-align: left; border-bottom: 1px solid var(--line); }
  svg { width: 100%; height: auto; } svg text { font: 12px system-ui, sans-serif; fill: currentColor; }
  h2 { margin-top: 3rem; } .missed { font-weight: 600; }`;

/** @param {string} directory @param {Run} run */
export async function writePage(directory, run) {
  const path = join(directory, "results.html");
  await writeFile(path, page(run));
  return path;
}

/** @param {Run} run */
export function page({ scale, machine, workloads, targets }) {
  const facts = Object.entries(machine).map(([name, value]) => `${name}: ${value}`);
  const sections = workloads.map(
    (result) => `<h2>${escapeMarkup(result.title)}</h2>\n${plotsOf(result).join("\n")}`,
  );
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Benchmarks</title>
<style>${STYLE}</style>
<h1>Benchmarks</h1>
<p>${escapeMarkup(facts.join(" · "))} · scale: ${scale}</p>
<table><tr><th>target<th>reached<th>wanted<th></tr>
${targets.map(targetRow).join("\n")}
</table>
${sections.join("\n")}
</html>
`;
}

/** @param {import("./targets.mjs").Target} target */
function targetRow({ what, reached, wanted, holds }) {
  const verdict = holds === undefined ? "not measured" : holds ? "holds" : "does not hold";
  const cells = [what, reached, wanted, verdict].map((cell) => `<td>${escapeMarkup(cell)}`);
  return `<tr${holds === false ? ' class="missed"' : ""}>${cells.join("")}</tr>`;
}
