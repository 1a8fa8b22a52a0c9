/**
 * `list({ limit: 10 })` over few and over many checkpoints, each time from a storage made a moment ago: what is listed must cost what
 * is returned, not what is stored.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { NativeCheckpointStorage, StorageEngine } from "agent-storage-engine";
import { Bench } from "tinybench";

const SIZES = [100, 1_000, 10_000];
const CREATED_AT = Date.UTC(2026, 0, 1);

/** @param {number} number @returns {import("agent-storage-engine").Checkpoint} */
function checkpoint(number) {
  return {
    id: `checkpoint-${number}`,
    version: 1,
    createdAt: CREATED_AT + number,
    task: "A task of the usual length, as an agent gets it",
    agentType: "coder",
    agentId: `agent-${number % 50}`,
    status: "pending",
    messages: [{ role: "user", content: "x".repeat(200), timestamp: CREATED_AT }],
    pendingToolCalls: [],
    completedToolCalls: [],
    currentStep: number,
    maxSteps: 100,
    metadata: {},
    childCheckpointIds: [],
  };
}

/** @param {string} rootDir @param {number} size */
async function fill(rootDir, size) {
  const storage = new NativeCheckpointStorage({ rootDir });
  for (let first = 0; first < size; first += 500) {
    const count = Math.min(500, size - first);
    await Promise.all(Array.from({ length: count }, (_, index) => storage.save(checkpoint(first + index))));
  }
  await storage.close();
  // Few checkpoints would stay in the log, whose rows are in memory: as many files are to be read for few as for many.
  const engine = await StorageEngine.open(join(rootDir, "engine"));
  await engine.compact();
  await engine.close();
}

/** @param {string} rootDir */
async function listFromNewStorage(rootDir) {
  const storage = new NativeCheckpointStorage({ rootDir });
  const listed = await storage.list({ limit: 10 });
  if (listed.length !== 10) throw new Error(`${listed.length} listed instead of 10`);
  return storage;
}

/** Prints a table: the opening and the list together, and the list of a storage that is open. */
export async function listNewest() {
  const directory = await mkdtemp(join(tmpdir(), "bench-list-"));
  try {
    const bench = new Bench({ time: 1000 });
    for (const size of SIZES) {
      const rootDir = join(directory, String(size));
      await fill(rootDir, size);
      bench.add(`open, list 10 of ${size}, close`, async () => (await listFromNewStorage(rootDir)).close());
    }
    for (const size of SIZES) {
      const keeper = await listFromNewStorage(join(directory, String(size)));
      bench.add(`list 10 of ${size} from a new storage`, async () => {
        await listFromNewStorage(join(directory, String(size)));
      });
      bench.addEventListener("complete", () => void keeper.close());
    }
    await bench.run();
    console.table(bench.table());
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
