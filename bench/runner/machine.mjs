/**
 * What the figures were measured on, without anything that names the machine or its owner.
 */
import { statfs } from "node:fs/promises";
import { arch, cpus, platform, totalmem } from "node:os";

/** The numbers by which Linux and others tell file systems. */
const FILE_SYSTEMS = new Map([
  [0xef53, "ext4"],
  [0x58465342, "xfs"],
  [0x9123683e, "btrfs"],
  [0x01021994, "tmpfs"],
  [0x794c7630, "overlayfs"],
  [0x2fc12fc1, "zfs"],
  [0x1a, "apfs"],
]);

/** @typedef {Awaited<ReturnType<typeof describeMachine>>} Machine */

/** @param {string} directory where the data lies */
export async function describeMachine(directory) {
  const { type } = await statfs(directory);
  return {
    ...{ platform: platform(), architecture: arch(), node: process.version, v8: process.versions.v8 },
    ...{ processor: cpus()[0]?.model ?? "unknown", processors: cpus().length, memory: totalmem() },
    fileSystem: FILE_SYSTEMS.get(type) ?? `type ${type.toString(16)}`,
  };
}
