/**
 * Checkpoints in SQLite: a row each with the columns that a list needs, the rest as plain MessagePack in a blob, which for large
 * values is several times faster than JSON. A save replaces the row; no history is kept.
 */
import { Packr } from "msgpackr";
import { openDatabase, transactionsOf } from "./sqlite.mjs";

/** @typedef {import("./contract.mjs").Checkpoint} Checkpoint */

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS checkpoints (
    id TEXT PRIMARY KEY, agent_id TEXT, agent_type TEXT, task TEXT, status TEXT, created_at INTEGER,
    current_step INTEGER, max_steps INTEGER, has_error INTEGER, body BLOB
  );
  CREATE INDEX IF NOT EXISTS checkpoints_by_time ON checkpoints (created_at);`;

const SUMMARY = "id, task, agent_type, status, created_at, current_step, max_steps, has_error";

/**
 * @param {import("./sqlite.mjs").OpenDatabase} open
 * @param {string} directory
 * @returns {import("./contract.mjs").CheckpointStore}
 */
export function sqliteCheckpoints(open, directory) {
  const database = openDatabase(open, directory, "FULL");
  database.exec(SCHEMA);
  const packr = new Packr({ useRecords: false });
  const insert = database.prepare(`INSERT OR REPLACE INTO checkpoints VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`);
  const select = database.prepare("SELECT body FROM checkpoints WHERE id = ?");
  const newest = database.prepare(`SELECT ${SUMMARY} FROM checkpoints ORDER BY created_at DESC LIMIT ?`);
  const remove = database.prepare("DELETE FROM checkpoints WHERE created_at < ?");
  const inTransaction = transactionsOf(database);
  /** @param {Checkpoint} checkpoint */
  const save = (checkpoint) => {
    const { id, agentId, agentType, task, status, createdAt, currentStep, maxSteps, error } = checkpoint;
    const columns = [id, agentId, agentType, task, status, createdAt, currentStep, maxSteps, error ? 1 : 0];
    insert.run(...columns, packr.pack(checkpoint));
  };
  return {
    save: async (checkpoint) => save(checkpoint),
    saveAll: async (checkpoints) =>
      inTransaction(() => {
        for (const checkpoint of checkpoints) save(checkpoint);
      }),
    load: async (id) => {
      const row = /** @type {{ body: Uint8Array } | undefined} */ (select.get(id));
      return row ? packr.unpack(row.body) : null;
    },
    list: async (limit) => /** @type {object[]} */ (newest.all(limit)),
    prune: async (createdBefore) => Number(remove.run(createdBefore).changes),
    close: async () => void database.close(),
  };
}
