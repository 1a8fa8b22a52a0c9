/**
 * The size of the addon as it is shipped: without symbols.
 */
import { spawnSync } from "node:child_process";
import { readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Bytes; `undefined` where there is not one addon, or nothing to strip it with. @param {string} scratch */
export function strippedAddonBytes(scratch) {
  const binaries = readdirSync(root).filter((name) => name.endsWith(".node"));
  const copy = join(scratch, "stripped.node");
  if (binaries.length !== 1 || !binaries[0]) return undefined;
  const { status } = spawnSync("strip", ["-o", copy, join(root, binaries[0])], { stdio: "ignore" });
  const bytes = status === 0 ? statSync(copy).size : undefined;
  rmSync(copy, { force: true });
  return bytes;
}
