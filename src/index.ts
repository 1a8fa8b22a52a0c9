/**
 * Embedded storage for AI agents: an append-only event log and delta-compressed checkpoints.
 *
 * @packageDocumentation
 */
export { type AppendOptions, Batch, type BatchResult, type SaveOptions } from "./batch.js";
export { isNativeAvailable } from "./binding.js";
export type { CheckpointInfo, ListOptions } from "./checkpoint-info.js";
export {
  type CompactionReport,
  type Damage,
  type LoadOptions,
  type ReplayOptions,
  StorageEngine,
  type StorageStats,
  type StreamInfo,
  type VerifyReport,
} from "./engine.js";
export { StorageError, type StorageErrorCode, type StorageErrorDetails } from "./errors.js";
export type { LongCall, Progress } from "./long-call.js";
export type { StorageEngineOptions } from "./options.js";
export type { StoredEvent } from "./stored-event.js";
