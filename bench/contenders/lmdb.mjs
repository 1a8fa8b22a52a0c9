/**
 * lmdb with the encoding it has by default, msgpackr, and shared structures, which its documentation recommends for records of
 * like shape.
 *
 * Constraint: in the background mode `put` is not awaited, which is how lmdb is fast: what was put is in the process's own
 * memory for a while, and a kill loses it.
 */
import { join } from "node:path";
import { open } from "lmdb";

/** @typedef {import("./contract.mjs").TaskGraphEvent} TaskGraphEvent */
/** @typedef {import("./contract.mjs").Checkpoint} Checkpoint */

/** @type {import("./contract.mjs").Contender} */
export const contender = {
  note: "default encoding with shared structures",
  modes: { background: "put, not awaited", sync: "put, then flushed", shared: "put, then flushed" },

  events(directory, mode) {
    /** @type {import("lmdb").RootDatabase<TaskGraphEvent, number>} */
    const database = open({ path: join(directory, "lmdb"), sharedStructuresKey: Symbol.for("structures") });
    /** @param {TaskGraphEvent} event */
    const append = (event) => void database.put(event.sequenceId, event);
    return {
      append: mode === "background" ? append : (event) => putDurably(database, event.sequenceId, event),
      replay: () => Array.from(database.getRange({ start: 0 }), ({ value }) => value),
      prune: async (before) => {
        for (const key of database.getKeys({ start: 0, end: before })) void database.remove(key);
        await database.flushed;
      },
      close: () => closeDurably(database),
    };
  },

  checkpoints(directory) {
    const root = open({ path: join(directory, "lmdb") });
    /** @type {Tables} */
    const tables = {
      bodies: root.openDB("bodies", { sharedStructuresKey: Symbol.for("structures") }),
      byTime: root.openDB("by-time", {}),
      times: root.openDB("times", {}),
    };
    return {
      // All puts of one turn of the event loop are one transaction, which a thread of lmdb's commits.
      save: async (checkpoint) => {
        await put(tables, checkpoint);
        await root.flushed;
      },
      saveAll: async (checkpoints) => {
        for (const checkpoint of checkpoints) void put(tables, checkpoint);
        await root.flushed;
      },
      load: async (id) => tables.bodies.get(id) ?? null,
      list: async (limit) =>
        Array.from(tables.byTime.getRange({ reverse: true, limit }), ({ value }) => value),
      prune: async (createdBefore) => {
        const old = Array.from(tables.byTime.getKeys({ end: [createdBefore, ""] }));
        for (const place of old) void remove(tables, place);
        await root.flushed;
        return old.length;
      },
      close: () => closeDurably(root),
    };
  },
};

/**
 * @typedef {object} Tables
 * @property {import("lmdb").Database<Checkpoint, string>} bodies
 * @property {import("lmdb").Database<object, [time: number, id: string]>} byTime
 * @property {import("lmdb").Database<number, string>} times
 */

/** @param {Tables} tables @param {Checkpoint} checkpoint */
function put({ bodies, byTime, times }, checkpoint) {
  const { id, createdAt } = checkpoint;
  const before = times.get(id);
  if (before !== undefined && before !== createdAt) void byTime.remove([before, id]);
  void times.put(id, createdAt);
  void byTime.put([createdAt, id], summaryOf(checkpoint));
  return bodies.put(id, checkpoint);
}

/** @param {Tables} tables @param {[time: number, id: string]} place */
function remove({ bodies, byTime, times }, place) {
  void byTime.remove(place);
  void times.remove(place[1]);
  return bodies.remove(place[1]);
}

/** @param {import("lmdb").RootDatabase<TaskGraphEvent, number>} database @param {number} key @param {TaskGraphEvent} event */
async function putDurably(database, key, event) {
  await database.put(key, event);
  await database.flushed;
}

/** @param {import("lmdb").RootDatabase} database */
async function closeDurably(database) {
  await database.flushed;
  await database.close();
}

/** @param {Checkpoint} checkpoint */
function summaryOf({ id, task, agentType, status, createdAt, currentStep, maxSteps, error }) {
  return { id, task, agentType, status, createdAt, currentStep, maxSteps, hasError: error !== undefined };
}
