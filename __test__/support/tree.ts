/** A directory with all it holds, for comparing. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { digest } from "./bytes.js";

/** Every path below `directory`, with what stands for a file's bytes, or `null` for a directory. */
export function treeOf(directory: string): Record<string, string | null> {
  const paths = readdirSync(directory, { recursive: true, encoding: "utf8" }).sort();
  return Object.fromEntries(
    paths.map((path) => {
      const full = join(directory, path);
      return [path, statSync(full).isDirectory() ? null : digest(readFileSync(full))];
    }),
  );
}
