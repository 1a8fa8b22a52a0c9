/** Directories for tests, and the stores opened in them. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach } from "vitest";
import { StorageEngine } from "../../src/engine.js";
import type { StorageEngineOptions } from "../../src/options.js";

/** What a file of tests gets for each of its tests; everything is closed and removed after it. */
export class Scratch {
  #root: string | undefined;
  readonly #open: StorageEngine[] = [];

  constructor() {
    afterEach(async () => {
      await Promise.all(this.#open.splice(0).map((engine) => engine.close().catch(() => undefined)));
      if (this.#root !== undefined) rmSync(this.#root, { recursive: true, force: true });
      this.#root = undefined;
    });
  }

  /** A path that does not exist yet. */
  path(name = "store"): string {
    this.#root ??= mkdtempSync(join(tmpdir(), "storage-"));
    return join(this.#root, name);
  }

  /** A handle that is closed after the test. */
  open(options?: StorageEngineOptions, path = this.path()): StorageEngine {
    const engine = StorageEngine.openSync(path, options);
    this.#open.push(engine);
    return engine;
  }
}
