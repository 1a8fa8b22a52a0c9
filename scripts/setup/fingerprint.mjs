/**
 * One hash over the contents of files, by which a build knows whether its output is of the present sources.
 *
 * Contents and not times: a checkout, a copy or a restored cache gives a file any time.
 */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

/**
 * The hash of the names and contents of `paths`; a folder counts with all that it holds, an absent path as absent.
 *
 * @param {string} base the folder that the paths are relative to
 * @param {readonly string[]} paths
 * @param {readonly string[]} [facts] further strings that the output depends on
 * @returns {string}
 */
export function fingerprint(base, paths, facts = []) {
  const hash = createHash("sha256");
  for (const fact of facts) hash.update(`fact ${fact.length} ${fact}\n`);
  for (const path of paths.flatMap((path) => filesIn(base, path))) {
    const full = join(base, path);
    const content = existsSync(full) ? readFileSync(full) : null;
    hash.update(`file ${path.length} ${path} ${content?.length ?? "absent"}\n`);
    if (content) hash.update(content);
  }
  return hash.digest("hex");
}

/**
 * @param {string} base
 * @param {string} path
 * @returns {string[]}
 */
function filesIn(base, path) {
  if (!statSync(join(base, path), { throwIfNoEntry: false })?.isDirectory()) return [path];
  const names = readdirSync(join(base, path)).sort();
  return names.flatMap((name) => filesIn(base, `${path}/${name}`));
}
