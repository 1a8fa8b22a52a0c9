/**
 * Which store a result is of, since a `rootDir` may have been named.
 */
import { dirname } from "node:path";
import type { StoreDirectory } from "./store-directory.js";
import { quoted } from "./text.js";

/** One line for a person; JSON has the fields of {@link StoreDirectory} themselves. */
export function storeLine({ directory, layout }: StoreDirectory): string {
  const of = layout === "rootDir" ? `, the store of the rootDir ${quoted(dirname(directory))}` : "";
  return `Store: ${quoted(directory)}${of}`;
}
