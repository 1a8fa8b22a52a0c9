/**
 * Embedded storage for AI agents: an append-only event log and delta-compressed checkpoints.
 *
 * @packageDocumentation
 */
export { type AppendOptions, Batch, type BatchResult, type SaveOptions } from "./batch.js";
export { isNativeAvailable } from "./binding.js";
export type { CheckpointInfo, ListOptions } from "./checkpoint-info.js";
export {
  NativeCheckpointStorage,
  type NativeCheckpointStorageOptions,
} from "./compat/checkpoints/native-checkpoint-storage.js";
export { diffStates, type TaskGraphDiff } from "./compat/task-graph/graph-diff.js";
export type { SequenceGap, TaskGraphState } from "./compat/task-graph/graph-state.js";
export {
  NativeTaskGraphEventLog,
  type NativeTaskGraphEventLogOptions,
  type RunOptions,
} from "./compat/task-graph/native-task-graph-event-log.js";
export type { RunEnd, TaskGraphRun } from "./compat/task-graph/run-list.js";
export type { TimelineEntry, TimelineOptions } from "./compat/task-graph/timeline.js";
export type { DropInOptions } from "./drop-in-store.js";
export {
  type LoadOptions,
  type RepairOptions,
  type ReplayOptions,
  StorageEngine,
  type StorageStats,
  type StreamInfo,
} from "./engine.js";
export { StorageError, type StorageErrorCode, type StorageErrorDetails } from "./errors.js";
export type { LongCall, Progress } from "./long-call.js";
export { type ImportOptions, type ImportReport, importMessagePackStore } from "./migrate/import.js";
export type { StorageEngineOptions } from "./options.js";
export type {
  CompactionReport,
  Damage,
  LostChanges,
  LostEvents,
  LostVersion,
  RepairReport,
  VerifyReport,
} from "./reports.js";
export type { StoredEvent } from "./stored-event.js";
export type {
  Checkpoint,
  CheckpointError,
  CheckpointFilter,
  CheckpointMessage,
  CheckpointStatus,
  CheckpointSummary,
  CheckpointVersion,
  CompletedToolCall,
  ICheckpointStorage,
  PendingToolCall,
  SkippedCheckpoint,
  SkippedKind,
  TaskGraphEdge,
  TaskGraphEvent,
  TaskGraphEventLog,
  TaskGraphEventType,
  TaskGraphNode,
  TaskGraphSnapshot,
} from "./types.js";
