/**
 * From the directory that was named to the store that is meant.
 *
 * Constraints: both an engine's own directory and a drop-in's `rootDir`, which has it in `engine`, may be named; one with a `MANIFEST` is a store itself, whatever
 * lies in it. Where neither is there the engine says what is wrong, except with a directory of the storage that this one replaces, of which it knows nothing.
 * Only looks.
 */
import { readFile, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { ENGINE_DIRECTORY } from "../drop-in-store.js";
import { StorageError } from "../errors.js";
import { DEFAULT_INDEX_FILE_NAME, parseLegacyIndex } from "../legacy/index-file.js";
import { quoted } from "./text.js";

/** A file that every store has; `docs/format.md` names it. */
const MANIFEST = "MANIFEST";

/** A store, and what was named to reach it. */
export interface StoreDirectory {
  /** The engine's directory, absolute. */
  readonly directory: string;
  /** Whether that itself was named, or the `rootDir` of a drop-in. */
  readonly layout: "engine" | "rootDir";
}

/**
 * The store in `given`.
 *
 * @throws {@link StorageError} `ERR_STORAGE_NOT_A_STORE` where it holds MessagePack files
 */
export async function findStore(given: string): Promise<StoreDirectory> {
  const named = resolve(given);
  if (await isThere(join(named, MANIFEST))) return { directory: named, layout: "engine" };
  const inside = join(named, ENGINE_DIRECTORY);
  if (await isThere(inside)) return { directory: inside, layout: "rootDir" };
  if (await holdsLegacyStore(named)) throw legacyStore(named);
  return { directory: named, layout: "engine" };
}

/** Whether something has this path; what cannot be looked at is left to the engine, which says why. */
async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

async function holdsLegacyStore(directory: string): Promise<boolean> {
  const index = await readFile(join(directory, DEFAULT_INDEX_FILE_NAME), "utf8").catch(() => "");
  return parseLegacyIndex(index) !== undefined;
}

function legacyStore(path: string): StorageError {
  return new StorageError(
    "ERR_STORAGE_NOT_A_STORE",
    `${quoted(path)} holds MessagePack files, as MessagePackCheckpointStorage writes them, and no store of this package. ` +
      `importMessagePackStore({ from: ${quoted(path)}, rootDir }) brings them into one and leaves them as they are.`,
    { path },
  );
}
