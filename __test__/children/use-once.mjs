/**
 * A process of its own that uses a drop-in once: `save` saves checkpoint "other"; `exit` appends an event and ends at once;
 * `throw` the same by an uncaught exception; `drop` uses a storage that is never released as idle, lets go of it, collects garbage, and says what it still holds.
 */
import { readdirSync, readlinkSync } from "node:fs";
import { setImmediate, setTimeout } from "node:timers/promises";

import { NativeCheckpointStorage, NativeTaskGraphEventLog } from "agent-storage-engine";

const [, , what, rootDir = ""] = process.argv;

/** @returns {import("agent-storage-engine").Checkpoint} */
function checkpoint(id = "other") {
  return {
    id,
    version: 1,
    createdAt: 1,
    task: "",
    agentType: "",
    agentId: "",
    status: "pending",
    messages: [],
    pendingToolCalls: [],
    completedToolCalls: [],
    currentStep: 0,
    maxSteps: 1,
    metadata: {},
    childCheckpointIds: [],
  };
}

function appendOne() {
  const log = new NativeTaskGraphEventLog({ rootDir, syncIntervalMs: 3_600_000 });
  const timestamp = new Date(0).toISOString();
  log.append({
    id: "e",
    sequenceId: 1,
    eventVersion: 1,
    nodeId: "n",
    type: "node_started",
    timestamp,
    payload: {},
  });
}

/** Descriptors that lead into `rootDir`. */
function held() {
  const links = readdirSync("/proc/self/fd").map((descriptor) => {
    try {
      return readlinkSync(`/proc/self/fd/${descriptor}`);
    } catch {
      return "";
    }
  });
  return links.filter((link) => link.startsWith(rootDir)).length;
}

async function useAndDrop() {
  const storage = new NativeCheckpointStorage({ rootDir, idleReleaseMs: 0 });
  await storage.save(checkpoint());
}

async function drop() {
  await useAndDrop();
  const before = held();
  for (let turn = 0; turn < 200 && held() > 0; turn += 1) {
    globalThis.gc?.();
    await setImmediate();
    await setTimeout(10);
  }
  process.stdout.write(JSON.stringify({ before, after: held() }));
}

if (what === "save") await new NativeCheckpointStorage({ rootDir }).save(checkpoint());
if (what === "drop") await drop();
if (what === "exit") {
  appendOne();
  process.exit(7);
}
if (what === "throw") {
  appendOne();
  throw new Error("nobody catches this");
}
