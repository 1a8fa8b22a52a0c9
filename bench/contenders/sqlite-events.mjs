/**
 * Events in SQLite: a row each, as JSON, which SQLite's users write and which was no slower than MessagePack here.
 */
import { Gathering } from "./gathering.mjs";
import { openDatabase, transactionsOf } from "./sqlite.mjs";

/** @typedef {import("./contract.mjs").TaskGraphEvent} TaskGraphEvent */

/**
 * @param {import("./sqlite.mjs").OpenDatabase} open
 * @param {string} directory
 * @param {import("./contract.mjs").AppendMode} mode
 * @returns {import("./contract.mjs").EventStore}
 */
export function sqliteEvents(open, directory, mode) {
  const database = openDatabase(open, directory, mode === "background" ? "NORMAL" : "FULL");
  database.exec("CREATE TABLE IF NOT EXISTS events (sequence INTEGER PRIMARY KEY, body TEXT NOT NULL)");
  const insert = database.prepare("INSERT INTO events (sequence, body) VALUES (?, ?)");
  const select = database.prepare("SELECT body FROM events ORDER BY sequence");
  const remove = database.prepare("DELETE FROM events WHERE sequence < ?");
  const inTransaction = transactionsOf(database);
  /** @param {TaskGraphEvent} event */
  const append = (event) => void insert.run(event.sequenceId, JSON.stringify(event));
  /** @param {TaskGraphEvent[]} events */
  const appendAll = (events) => inTransaction(() => events.forEach(append));
  const shared = new Gathering(appendAll);
  return {
    append: mode === "shared" ? (event) => shared.add(event) : append,
    appendAll,
    replay: () =>
      Array.from(select.iterate(), (row) => JSON.parse(/** @type {{ body: string }} */ (row).body)),
    prune: (before) => Number(remove.run(before).changes),
    close: () => void database.close(),
  };
}
