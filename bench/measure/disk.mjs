/**
 * What a directory takes of the disk: allocated blocks and not lengths, since preallocated and sparse files differ in that.
 */
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";

const BLOCK = 512;

/** @param {string} directory @returns {Promise<number>} bytes */
export async function bytesOnDisk(directory) {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const sizes = entries.map(async (entry) => {
    if (!entry.isFile()) return 0;
    const { blocks, size } = await stat(join(entry.parentPath ?? entry.path, entry.name));
    // Where the file system does not tell blocks, its length is all there is.
    return process.platform === "win32" ? size : blocks * BLOCK;
  });
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}
