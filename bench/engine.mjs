/**
 * The package as it was built.
 *
 * Constraint: this folder is a package of its own, so it cannot import the one around it by name.
 */

/** @typedef {import("../dist/index.mjs").Checkpoint} Checkpoint */
/** @typedef {import("../dist/index.mjs").TaskGraphEvent} TaskGraphEvent */

export {
  isNativeAvailable,
  NativeCheckpointStorage,
  NativeTaskGraphEventLog,
  StorageEngine,
} from "../dist/index.mjs";
