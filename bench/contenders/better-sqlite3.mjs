/**
 * better-sqlite3: version 13 from Node 22 on, 12 before.
 *
 * Constraint: 13 ends the process when an older Node loads it, so Node's version decides and no attempt.
 */
import { sqliteContender } from "./sqlite-contender.mjs";

const isNode22 = Number.parseInt(process.versions.node, 10) >= 22;

/** @type {{ default: typeof import("better-sqlite3") }} */
const { default: Database } = await import(isNode22 ? "better-sqlite3-13" : "better-sqlite3");

// The module loads without its binary, which is only looked for when a database is opened.
new Database(":memory:").close();

/** @type {import("./sqlite.mjs").OpenDatabase} */
const open = (path) => new Database(path);

export const contender = sqliteContender(
  open,
  `version ${isNode22 ? 13 : 12}, WAL; NORMAL for background, FULL for all else`,
);
