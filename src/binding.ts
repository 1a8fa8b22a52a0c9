/**
 * The way to the native addon, and the only module that imports the generated loader.
 *
 * Constraints: importing the package must work where no binary exists, so the loader, which throws then, runs at
 * the first use and not at the import. Its answer is kept, since a missing binary does not appear within a process.
 */

/** What the addon exports; the declarations are generated from the binding crate. */
export type NativeBinding = typeof import("../index.js");

type Loaded = { readonly binding: NativeBinding } | { readonly failure: unknown };

let loaded: Loaded | undefined;

/**
 * The addon, loaded at the first call.
 *
 * @throws The loader's own error where no binary loads: its `cause` chain names every file and package looked for.
 */
export function nativeBinding(): NativeBinding {
  loaded ??= load();
  if ("failure" in loaded) throw loaded.failure;
  return loaded.binding;
}

/** Whether a native binary for this platform is installed and loads. */
export function isNativeAvailable(): boolean {
  loaded ??= load();
  return "binding" in loaded;
}

function load(): Loaded {
  try {
    return { binding: require("../index.js") as NativeBinding };
  } catch (failure) {
    return { failure };
  }
}
