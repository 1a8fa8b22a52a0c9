/** Calls for the store as a whole: flush, compact, verify, backup, reading, closing and opening again. */
import { rmSync } from "node:fs";

import { StorageEngine } from "agent-storage-engine";

import { fault } from "./report.mjs";

/** @typedef {import("./actor.mjs").Actor} Actor */

/** @param {Actor} actor */
function flush(actor) {
  const { handle, store } = actor.random.pick(actor.handles.engines);
  actor.calls.start("flush", handle, [], () => store.flush(), "thread");
}

/** @param {Actor} actor */
function compact(actor) {
  const { handle, store } = actor.random.pick(actor.handles.engines);
  actor.calls.start("compact", handle, [], () => store.compact());
}

/** @param {Actor} actor */
function verify(actor) {
  const { handle, store } = actor.random.pick(actor.handles.engines);
  actor.calls.start("verify", handle, [], async () => {
    const { damage } = await store.verify();
    if (damage.length > 0) fault(`verify while working: ${JSON.stringify(damage)}`);
  });
}

/** What is in a copy is not compared, but it must be whole. @param {Actor} actor */
function backup(actor) {
  const { handle, store } = actor.random.pick(actor.handles.engines);
  actor.calls.start("backup", handle, [], async (mark) => {
    const directory = `${actor.rootDir}-backup-${mark}`;
    await store.backup(directory);
    const { damage } = await StorageEngine.verify(directory);
    if (damage.length > 0) fault(`verify of a copy made while working: ${JSON.stringify(damage)}`);
    rmSync(directory, { recursive: true });
  });
}

/** @param {Actor} actor */
function read(actor) {
  const { handle, store } = actor.random.pick(actor.handles.engines);
  actor.calls.start("load", handle, [], () => store.loadCheckpoint(actor.key("bytes", 3)));
  store.replayEvents(0, { stream: actor.key("stream", 3) }).next();
}

/** Closes a handle and makes another, half of the time without waiting. @param {Actor} actor */
async function reopen(actor) {
  await actor.pruned;
  const taken = actor.handles.takeOne(actor.random);
  if (!taken) return;
  const closed = actor.calls.start("close", taken.handle, [], () => taken.store.close(), "handle");
  if (actor.random.once(2)) await closed;
  await taken.open();
}

/** @type {readonly import("./actions.mjs").Action[]} */
export const STORE_ACTIONS = [
  { weight: 3, needs: "engines", run: flush },
  { weight: 2, needs: "engines", run: compact },
  { weight: 1, needs: "engines", run: verify },
  { weight: 1, needs: "engines", run: backup },
  { weight: 5, needs: "engines", run: read },
  { weight: 4, needs: "storages", run: reopen },
];
