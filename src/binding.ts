/**
 * The way to the native addon, and the only module that imports the generated loader.
 *
 * Constraints: importing the package must work where no binary exists, so the loader, which throws then, runs at
 * the first use and not at the import. Its answer is kept, since a missing binary does not appear within a process.
 */
import { StorageError } from "./errors.js";
import { syncAtExit } from "./exit-hook.js";

/** What the addon exports; the declarations are generated from the binding crate. */
export type NativeBinding = typeof import("../index.js");

import type { NativeStore } from "../index.js";

export type {
  NativeCheckpointInfo,
  NativeColumns,
  NativeColumnWalk,
  NativeEventBatch,
  NativeGraph,
  NativeGroup,
  NativeListing,
  NativeListOptions,
  NativeLongCall,
  NativeOp,
  NativeOptions,
  NativeRecord,
  NativeReplay,
  NativeRun,
  NativeStore,
  NativeTexts,
  NativeTimelineFilter,
} from "../index.js";

type Loaded = { readonly binding: NativeBinding } | { readonly failure: unknown };

let loaded: Loaded | undefined;

/**
 * The addon, loaded at the first call. From then on everything accepted is synced when this thread ends in order.
 *
 * @throws {@link StorageError} `ERR_STORAGE_UNAVAILABLE` where no binary loads; its `cause` chain names every file and
 * package that was looked for.
 */
export function nativeBinding(): NativeBinding {
  loaded ??= load();
  if ("failure" in loaded) throw unavailable(loaded.failure);
  return loaded.binding;
}

/** Whether a native binary for this platform is installed and loads. */
export function isNativeAvailable(): boolean {
  loaded ??= load();
  return "binding" in loaded;
}

/** Whether `value` is a handle that the addon made: what the package's own code hands to a constructor, and nobody else can. */
export function isNativeStore(value: unknown): value is NativeStore {
  return loaded !== undefined && "binding" in loaded && value instanceof loaded.binding.NativeStore;
}

function load(): Loaded {
  try {
    const binding = require("../index.js") as NativeBinding;
    syncAtExit(() => binding.syncAll());
    return { binding };
  } catch (failure) {
    return { failure };
  }
}

function unavailable(cause: unknown): StorageError {
  const platform = `${process.platform}-${process.arch}`;
  return new StorageError(
    "ERR_STORAGE_UNAVAILABLE",
    `no native binary of agent-storage-engine loads on ${platform}: install the package with its optional ` +
      "dependencies (npm install --include=optional), or build it from its sources with Rust (npm run build). " +
      `Looked for: ${lookedFor(cause)}`,
    { cause },
  );
}

/** What the generated loader says beside the files: advice of its own, and WebAssembly, for which this package has no build. */
const NOT_LOOKED_FOR = /^Cannot find native binding|wasm|wasi/;

/** The messages along a chain of causes, which name the files and packages. */
function lookedFor(failure: unknown): string {
  const messages: string[] = [];
  for (let error = failure; error instanceof Error && messages.length < 8; error = error.cause) {
    const [line = ""] = error.message.split("\n", 1);
    if (!NOT_LOOKED_FOR.test(line)) messages.push(line);
  }
  return messages.join("; ") || String(failure);
}
