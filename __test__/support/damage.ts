/** Damage for tests. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Flips one bit of `text`, which a file in `directory` holds; the file. */
export function damage(directory: string, text: string): string {
  for (const name of readdirSync(directory)) {
    const path = join(directory, name);
    const bytes = readFileSync(path);
    const at = bytes.indexOf(text);
    if (at < 0) continue;
    bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
    writeFileSync(path, bytes);
    return path;
  }
  throw new Error(`no file in ${directory} holds ${text}`);
}
