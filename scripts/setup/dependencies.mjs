/**
 * The npm dependencies, of the package and of its benchmarks: installed when what is in `node_modules` is not what
 * `package-lock.json` names.
 *
 * npm keeps its own record of what it installed, so contents are compared and no time stamps.
 */
import { readFileSync } from "node:fs";

import { root, run } from "./command.mjs";

/**
 * @typedef {{ version?: string, integrity?: string, optional?: boolean }} LockedPackage
 * @typedef {{ packages: Record<string, LockedPackage> }} Lock
 */

/** Runs `npm ci` where `node_modules` is absent or of another lock file. */
export async function installDependencies() {
  if (!isFolderInstalled(".")) await run("npm", ["ci", "--no-audit", "--no-fund"]);
}

/** The same for the benchmarks' own package: what they compare with, and what they measure by. */
export async function installBenchDependencies() {
  if (!isFolderInstalled("bench")) await run("npm", ["run", "--silent", "bench:install"]);
}

/** @param {string} folder */
function isFolderInstalled(folder) {
  const wanted = readLock(`${folder}/package-lock.json`);
  const installed = readLock(`${folder}/node_modules/.package-lock.json`);
  return wanted !== null && installed !== null && isInstalled(wanted, installed);
}

/**
 * Whether every package of `wanted` is in `installed` with the same contents. Optional ones may be absent: they are
 * mostly the binaries of other platforms.
 *
 * @param {Lock} wanted
 * @param {Lock} installed
 */
export function isInstalled(wanted, installed) {
  return Object.entries(wanted.packages).every(([path, locked]) => {
    if (path === "") return true;
    const present = installed.packages[path];
    if (present === undefined) return locked.optional === true;
    return present.version === locked.version && present.integrity === locked.integrity;
  });
}

/**
 * @param {string} path
 * @returns {Lock | null}
 */
function readLock(path) {
  try {
    return JSON.parse(readFileSync(new URL(path, root), "utf8"));
  } catch {
    return null;
  }
}
