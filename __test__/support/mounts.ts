/**
 * Small file systems of a test's own: one on a loop device whose power can be cut, and one in memory that can be full.
 *
 * Constraints: they are mounted in temporary directories and need root, so a test asks {@link whyNoMounts} first; disposing unmounts, also where a file
 * is still open.
 */
import { execFileSync, spawnSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  statfsSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const IMAGE_BYTES = 64 * 1024 * 1024;
const PROBE_BYTES = 64 * 1024;

/** How often unmounting is tried while a process that was killed is still ending. */
const UNMOUNT_ATTEMPTS = 1000;
const UNMOUNT_PAUSE_MS = 5;

/** Why nothing can be mounted here; `undefined` where it can. */
export function whyNoMounts(...tools: readonly string[]): string | undefined {
  if (process.platform !== "linux") return "it needs Linux";
  if (process.getuid?.() !== 0) return "only root can mount a file system";
  const missing = tools.find((tool) => spawnSync(tool, ["-V"], { stdio: "ignore" }).error !== undefined);
  if (missing !== undefined) return `there is no ${missing}`;
  try {
    new MemoryDisk(PROBE_BYTES)[Symbol.dispose]();
    if (tools.includes("losetup")) new PowerDisk()[Symbol.dispose]();
    return undefined;
  } catch (error) {
    return `mounting is refused: ${error}`;
  }
}

/** An empty directory with a mount point in it. */
class MountPoint {
  readonly root = mkdtempSync(join(realpathSync(tmpdir()), "agent-mount-"));
  /** Where the file system is mounted. */
  readonly path = join(this.root, "mounted");

  constructor() {
    mkdirSync(this.path);
  }

  [Symbol.dispose](): void {
    // Whoever has a file open keeps it until that is closed, but nobody else sees it.
    spawnSync("umount", ["--lazy", this.path], { stdio: "ignore" });
    rmSync(this.root, { recursive: true, force: true });
  }
}

/** An ext4 whose power can be cut: from then on no byte reaches its image. */
export class PowerDisk {
  readonly #mount = new MountPoint();
  #device: string | undefined;

  constructor() {
    try {
      const image = join(this.#mount.root, "image");
      writeFileSync(image, "");
      truncateSync(image, IMAGE_BYTES);
      run("mkfs.ext4", "-q", "-F", "-b", "4096", "-m", "0", image);
      this.#device = run("losetup", "--find", "--show", image);
      this.#attach();
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
  }

  get path(): string {
    return this.#mount.path;
  }

  cut(): void {
    run("xfs_io", "-x", "-c", "shutdown", this.path);
  }

  /** What a restart of the machine does. Nothing may have a file open but what is ending. */
  async remount(): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      const unmounted = spawnSync("umount", [this.path], { encoding: "utf8" });
      if (unmounted.status === 0) break;
      if (attempt === UNMOUNT_ATTEMPTS) throw new Error(unmounted.stderr);
      await new Promise((resolve) => setTimeout(resolve, UNMOUNT_PAUSE_MS));
    }
    this.#attach();
  }

  #attach(): void {
    run("mount", "-t", "ext4", "-o", "noatime", this.#device ?? "", this.path);
  }

  [Symbol.dispose](): void {
    this.#mount[Symbol.dispose]();
    // One that is in use is given back by the kernel when it no longer is.
    if (this.#device !== undefined) spawnSync("losetup", ["--detach", this.#device], { stdio: "ignore" });
  }
}

/** A file system in memory that can be filled up to any page. */
export class MemoryDisk {
  readonly #mount = new MountPoint();

  constructor(bytes: number) {
    try {
      run("mount", "-t", "tmpfs", "-o", `size=${bytes}`, "tmpfs", this.path);
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
  }

  get path(): string {
    return this.#mount.path;
  }

  /** Fills it until so many pages are left. */
  leavePages(pages: number): void {
    this.makeRoom();
    const { bavail, bsize } = statfsSync(this.path);
    writeFileSync(this.#ballast, Buffer.alloc(Math.max(bavail - pages, 0) * bsize));
  }

  makeRoom(): void {
    rmSync(this.#ballast, { force: true });
  }

  get #ballast(): string {
    return join(this.path, "ballast");
  }

  [Symbol.dispose](): void {
    this.#mount[Symbol.dispose]();
  }
}

function run(tool: string, ...args: readonly string[]): string {
  return execFileSync(tool, args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] }).trim();
}
