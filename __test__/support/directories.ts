/** Directories of one test file, removed when its tests are over. */
import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";

const made: string[] = [];

afterAll(() => {
  for (const directory of made) rmSync(directory, { recursive: true, force: true });
});

/** A new, empty directory. */
export function newDirectory(): string {
  const directory = mkdtempSync(join(realpathSync(tmpdir()), "agent-storage-"));
  made.push(directory);
  return directory;
}
