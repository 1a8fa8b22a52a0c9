/**
 * node:sqlite, from Node 22.5 on.
 */
import { sqliteCheckpoints } from "./sqlite-checkpoints.mjs";
import { sqliteEvents } from "./sqlite-events.mjs";

// A name in a variable: the declarations of the oldest Node do not have the module.
const module = "node:sqlite";
/** @type {{ DatabaseSync: new (path: string) => import("./sqlite.mjs").Database }} */
const { DatabaseSync } = await import(module);

/** @type {import("./sqlite.mjs").OpenDatabase} */
const open = (path) => new DatabaseSync(path);

/** @type {import("./contract.mjs").Contender} */
export const contender = {
  note: "WAL; NORMAL for background, FULL for all else",
  modes: {
    background: "WAL, NORMAL",
    sync: "WAL, FULL",
    shared: "WAL, FULL, one transaction for all who wait",
  },
  events: (directory, mode) => sqliteEvents(open, directory, mode),
  checkpoints: (directory) => sqliteCheckpoints(open, directory),
};
