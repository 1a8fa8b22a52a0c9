/**
 * Lists mutations by the file that they are in.
 */

/** @typedef {import("../source.mjs").Mutation} Mutation */

/**
 * @param {string} file - below crates/engine/src
 * @param {readonly Omit<Mutation, "file">[]} mutations
 * @returns {Mutation[]}
 */
export function inFile(file, mutations) {
  return mutations.map((mutation) => ({ file, ...mutation }));
}
