/**
 * SQLite, however it comes: what better-sqlite3 and node:sqlite share.
 *
 * Constraints: WAL, statements prepared once, one transaction for what belongs together and none for what comes alone. `synchronous`
 * is NORMAL where accepted is enough, which loses the last transactions in a power cut, and FULL where durable is asked for.
 */
import { join } from "node:path";

/** @typedef {import("./contract.mjs").TaskGraphEvent} TaskGraphEvent */

/**
 * The part of both that is used.
 *
 * @typedef {object} Database
 * @property {(sql: string) => unknown} exec
 * @property {(sql: string) => Statement} prepare
 * @property {() => unknown} close
 */
/**
 * @typedef {object} Statement
 * @property {(...values: any[]) => { changes: number | bigint }} run
 * @property {(...values: any[]) => unknown} get
 * @property {(...values: any[]) => unknown[]} all
 * @property {(...values: any[]) => Iterable<unknown>} iterate
 */
/** @typedef {(path: string) => Database} OpenDatabase */

/** @param {OpenDatabase} open @param {string} directory @param {"NORMAL" | "FULL"} synchronous */
export function openDatabase(open, directory, synchronous) {
  const database = open(join(directory, "store.sqlite"));
  database.exec("PRAGMA journal_mode = WAL");
  database.exec(`PRAGMA synchronous = ${synchronous}`);
  return database;
}

/** @param {Database} database @returns {<T>(change: () => T) => T} */
export function transactionsOf(database) {
  const [begin, commit] = [database.prepare("BEGIN IMMEDIATE"), database.prepare("COMMIT")];
  return (change) => {
    begin.run();
    const result = change();
    commit.run();
    return result;
  };
}
