/** Checkpoints and events as an agent runtime makes them. */
import type { Checkpoint, TaskGraphEvent } from "../../src/types.js";

/** A checkpoint with every field that is not optional. */
export function checkpoint(id: string, fields: Partial<Checkpoint> = {}): Checkpoint {
  return {
    id,
    version: 1,
    createdAt: 1_760_000_000_000,
    task: `the task of ${id}`,
    agentType: "coder",
    agentId: "agent-1",
    status: "pending",
    messages: [{ role: "user", content: "begin", timestamp: 1_760_000_000_000 }],
    pendingToolCalls: [],
    completedToolCalls: [],
    currentStep: 1,
    maxSteps: 50,
    metadata: {},
    childCheckpointIds: [],
    ...fields,
  };
}

/** An event; `mark` tells events with one `sequenceId` apart. */
export function event(sequenceId: number, mark = "", payload: Record<string, unknown> = {}): TaskGraphEvent {
  return {
    id: `event-${sequenceId}${mark}`,
    sequenceId,
    eventVersion: 1,
    nodeId: `node-${sequenceId}`,
    type: "node_updated",
    timestamp: "2026-01-02T03:04:05.678Z",
    payload,
  };
}
