/**
 * The shapes that an agent runtime passes in and gets back.
 *
 * Constraints: times named `…At` or `timestamp` of a checkpoint are milliseconds since the epoch, those of
 * the task graph ISO 8601 strings. Callers put fields of their own on these objects at every level; all
 * fields are kept, known or not.
 */

/** How far a checkpointed task has come. */
export type CheckpointStatus = "pending" | "completed" | "failed" | "cancelled";

/** One message of the conversation. */
export interface CheckpointMessage {
  role: "user" | "assistant" | "system";
  content: string;
  timestamp: number;
}

/** A tool call that was asked for and has no result yet. */
export interface PendingToolCall {
  id: string;
  name: string;
  arguments: Record<string, unknown>;
  timestamp: number;
}

/** A tool call and what it gave. */
export interface CompletedToolCall {
  callId: string;
  name: string;
  arguments: Record<string, unknown>;
  result: unknown;
  success: boolean;
  durationMs: number;
  timestamp: number;
}

/** Why a task failed. */
export interface CheckpointError {
  message: string;
  code?: string;
  recoverable: boolean;
}

/** The state of an agent's task at one moment. */
export interface Checkpoint {
  id: string;
  version: number;
  createdAt: number;
  task: string;
  agentType: string;
  agentId: string;
  status: CheckpointStatus;
  messages: CheckpointMessage[];
  pendingToolCalls: PendingToolCall[];
  completedToolCalls: CompletedToolCall[];
  currentStep: number;
  maxSteps: number;
  metadata: Record<string, unknown>;
  error?: CheckpointError;
  parentCheckpointId?: string;
  childCheckpointIds: string[];
}

/**
 * Which checkpoints to list; all conditions hold at once.
 *
 * A `limit`, `createdAfter` or `createdBefore` of 0 counts as absent, as does an empty `agentType`.
 */
export interface CheckpointFilter {
  /** One status, or any of a list; an empty list matches nothing. */
  status?: CheckpointStatus | readonly CheckpointStatus[] | undefined;
  agentType?: string | undefined;
  /** The earliest `createdAt`, inclusive. */
  createdAfter?: number | undefined;
  /** The latest `createdAt`, inclusive. */
  createdBefore?: number | undefined;
  /** At most so many, taken after sorting. */
  limit?: number | undefined;
  /** Default `createdAt`. */
  sortBy?: "createdAt" | "status" | undefined;
  /** Default `desc`. Entries that tie keep the order in which their ids were first saved, either way. */
  sortOrder?: "asc" | "desc" | undefined;
}

/** What a list tells of a checkpoint without loading it. */
export interface CheckpointSummary {
  id: string;
  task: string;
  agentType: string;
  status: CheckpointStatus;
  createdAt: number;
  currentStep: number;
  maxSteps: number;
  hasError: boolean;
}

/** One kept version of a checkpoint. */
export interface CheckpointVersion {
  /** From 1 for an id. */
  version: number;
  savedAt: number;
  bytes: number;
  currentStep: number;
  status: CheckpointStatus;
}

/** Where a runtime keeps its checkpoints. */
export interface ICheckpointStorage {
  /** Inserts, or replaces the checkpoint with the same `id`. */
  save(checkpoint: Checkpoint): Promise<void>;
  /** The checkpoint, fresh and the caller's to change; `null` where there is none. */
  load(id: string): Promise<Checkpoint | null>;
  list(filter?: CheckpointFilter): Promise<CheckpointSummary[]>;
  /** Whether there was one. */
  delete(id: string): Promise<boolean>;
  /** Removes those with `createdAt` before `olderThanMs` milliseconds ago; how many they were. */
  prune(olderThanMs: number): Promise<number>;
}

/**
 * Why a checkpoint of today's storage was not imported. These words are stable; new ones may be added.
 *
 * - `exists`: the target has a checkpoint with this id, which was left as it is; after an earlier import all are this.
 * - `duplicate`: the index lists the id twice; the first entry counts.
 * - `missing`: its file, or a file it builds on, is not there.
 * - `damaged`: its index entry, its file or one it builds on is not what today's storage writes.
 * - `refused`: it was read, but the engine cannot keep it, as with an id of more than 1,024 bytes.
 */
export type SkippedKind = "exists" | "duplicate" | "missing" | "damaged" | "refused";

/** A checkpoint of today's storage that was not imported, and why. */
export interface SkippedCheckpoint {
  id: string;
  /** The file that its index entry names; empty where it names none. */
  file: string;
  kind: SkippedKind;
  /** A sentence for a person. */
  reason: string;
}

/** The kinds of event a task graph records. */
export type TaskGraphEventType =
  | "node_created"
  | "node_started"
  | "node_blocked"
  | "node_completed"
  | "node_failed"
  | "node_updated"
  | "node_evicted"
  | "tool_call_started"
  | "tool_call_finished"
  | "artifact_emitted"
  | "policy_decision"
  | "compaction";

/** One change of a task graph. */
export interface TaskGraphEvent {
  /** A UUID. */
  id: string;
  /** From 1, one more each; begins anew where a graph does. */
  sequenceId: number;
  eventVersion: number;
  /** The node concerned; empty for a `compaction`. */
  nodeId: string;
  type: TaskGraphEventType;
  timestamp: string;
  correlationId?: string;
  source?: string;
  idempotencyKey?: string;
  payload: Record<string, unknown>;
}

/** A node of a task graph. */
export interface TaskGraphNode {
  id: string;
  type: "plan" | "subtask" | "tool_call" | "artifact" | "review" | "summary";
  title: string;
  status: "pending" | "running" | "blocked" | "completed" | "failed";
  dependsOn: string[];
  toolCallId?: string;
  artifactId?: string;
  createdAt: string;
  updatedAt: string;
  lastAccessedAt: string;
}

/** An edge of a task graph. */
export interface TaskGraphEdge {
  from: string;
  to: string;
  type: "depends_on" | "blocks";
}

/** What a task graph is restored from. */
export interface TaskGraphSnapshot {
  graphId: string;
  /** In the order of their creation. */
  nodes: TaskGraphNode[];
  /** In the order of their insertion. */
  edges: TaskGraphEdge[];
  events: TaskGraphEvent[];
  checkpoint?: { eventId: string; createdAt: string };
  stats: {
    nodeCount: number;
    edgeCount: number;
    eventCount: number;
    evictedNodeCount: number;
    compactionCount: number;
  };
}

/** Where a task graph keeps its events. Every method is synchronous. */
export interface TaskGraphEventLog {
  /** The event's sequence. */
  append(event: TaskGraphEvent): number;
  /** Events of the current run with `sequenceId >= fromSequenceId`, in order, at most `limit`. */
  replay(fromSequenceId: number, limit?: number): TaskGraphEvent[];
  /** Removes events with `sequenceId < beforeSequenceId`; how many they were. */
  prune(beforeSequenceId: number): number;
}
