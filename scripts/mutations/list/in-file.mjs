/**
 * Lists mutations by the file that they are in.
 */

/** @typedef {import("../source.mjs").Mutation} Mutation */

/**
 * @param {string} file - below the crate's src
 * @param {readonly Omit<Mutation, "crate" | "file">[]} mutations
 * @param {string} [crate] - its folder below crates
 * @returns {Mutation[]}
 */
export function inFile(file, mutations, crate = "engine") {
  return mutations.map((mutation) => ({ crate, file, ...mutation }));
}
