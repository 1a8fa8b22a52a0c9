/** Reading all that a store holds, and verifying it. */
import { NativeCheckpointStorage, NativeTaskGraphEventLog } from "agent-storage-engine";

import { digestOfBytes, digestOfValue, isValue } from "./contents.mjs";
import { fault, tell } from "./report.mjs";

/**
 * Tells all that is in the store that `engine` has open and `options` lead to.
 *
 * @param {import("agent-storage-engine").StorageEngine} engine
 * @param {import("agent-storage-engine").DropInOptions} options
 */
export async function observe(engine, options) {
  const { ok, damage } = await engine.verify();
  if (!ok) fault(`verify found damage: ${JSON.stringify(damage)}`);
  const storage = new NativeCheckpointStorage(options);
  /** @type {Record<string, import("../protocol.js").Versions>} */
  const ids = {};
  for (const { id } of engine.checkpoints()) ids[id] = await versionsOf(id, engine, storage);
  await storage.close();
  /** @type {Record<string, import("../protocol.js").Stream>} */
  const streams = {};
  /** @type {Record<string, import("../protocol.js").Run>} */
  const logs = {};
  /** @type {Record<string, number[]>} */
  const positions = {};
  for (const { name, firstSequence, lastSequence } of engine.streams()) {
    const events = [...engine.replayEvents(0, { stream: name })];
    positions[name] = events.map(({ position }) => position);
    if (events.length !== lastSequence + 1 - firstSequence)
      fault(`${name} has ${events.length} events, ${firstSequence} to ${lastSequence}`);
    if (name.startsWith("log/")) logs[name] = await runOf(name, options);
    else streams[name] = { first: firstSequence, events: events.map(({ data }) => digestOfBytes(data)) };
  }
  tell({ tell: "seen", ids, streams, logs, positions });
}

/**
 * @param {string} id
 * @param {import("agent-storage-engine").StorageEngine} engine
 * @param {NativeCheckpointStorage} storage
 */
async function versionsOf(id, engine, storage) {
  /** @type {[number, string][]} */
  const versions = [];
  for (const { version } of engine.checkpointHistory(id)) {
    const digest = isValue(id)
      ? digestOfValue(await storage.loadVersion(id, version))
      : digestOfBytes(engine.loadCheckpointSync(id, { version }));
    versions.push([version, digest]);
  }
  const newest = isValue(id)
    ? digestOfValue(await storage.load(id))
    : digestOfBytes(engine.loadCheckpointSync(id));
  if (newest !== versions.at(-1)?.[1]) fault(`${id} loads as something else than its last version`);
  return versions;
}

/** @param {string} stream @param {import("agent-storage-engine").DropInOptions} options */
async function runOf(stream, options) {
  const log = new NativeTaskGraphEventLog({ ...options, stream });
  const run = log.replay(0).map((event) => /** @type {const} */ ([event.sequenceId, digestOfValue(event)]));
  await log.close();
  return run;
}
