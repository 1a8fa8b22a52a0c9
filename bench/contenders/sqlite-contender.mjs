/**
 * What better-sqlite3 and node:sqlite have in common as contenders.
 */
import { sqliteCheckpoints } from "./sqlite-checkpoints.mjs";
import { sqliteEvents } from "./sqlite-events.mjs";

/**
 * @param {import("./sqlite.mjs").OpenDatabase} open
 * @param {string} note
 * @returns {import("./contract.mjs").Contender}
 */
export function sqliteContender(open, note) {
  return {
    note,
    modes: {
      background: "WAL, NORMAL",
      sync: "WAL, FULL",
      shared: "WAL, FULL, one transaction for all who wait",
    },
    events: (directory, mode) => sqliteEvents(open, directory, mode),
    checkpoints: (directory) => sqliteCheckpoints(open, directory),
  };
}
