/**
 * The contenders by name.
 *
 * Constraint: a peer that is not installed, not for this Node or not for this platform is absent, and that is no failure; the
 * package itself has to load.
 */

/** @typedef {import("./contract.mjs").Contender} Contender */

/** @type {Record<string, () => Promise<{ contender: Contender }>>} */
const LOADERS = {
  ours: () => import("./ours.mjs"),
  floor: () => import("./floor.mjs"),
  "better-sqlite3": () => import("./better-sqlite3.mjs"),
  "node:sqlite": () => import("./node-sqlite.mjs"),
  lmdb: () => import("./lmdb.mjs"),
  "classic-level": () => import("./classic-level.mjs"),
  "json-lines": () => import("./json-lines.mjs"),
  "messagepack-files": () => import("./messagepack-files.mjs"),
};

/** The package's own name among the contenders. */
export const OURS = "ours";

/** Today's storage. */
export const TODAY = "messagepack-files";

/** All names. */
export const CONTENDERS = Object.keys(LOADERS);

/**
 * Loads a contender.
 *
 * @param {string} name
 * @returns {Promise<{ contender: Contender } | { absent: string }>} `absent` says why
 */
export async function loadContender(name) {
  const loader = LOADERS[name];
  if (!loader) throw new Error(`there is no contender ${name}`);
  try {
    return await loader();
  } catch (error) {
    if (name === OURS) throw error;
    return { absent: reasonOf(error) };
  }
}

/** @param {unknown} error */
function reasonOf(error) {
  const { code, message } = /** @type {NodeJS.ErrnoException} */ (error);
  if (code === "ERR_MODULE_NOT_FOUND") return "not installed: npm run bench:install";
  if (code === "ERR_UNKNOWN_BUILTIN_MODULE") return "this Node does not have it";
  return `does not load here: ${message.split("\n", 1)[0]}`;
}
