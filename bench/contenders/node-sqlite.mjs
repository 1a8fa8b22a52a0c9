/**
 * node:sqlite, from Node 22.5 on.
 */
import { sqliteContender } from "./sqlite-contender.mjs";

// A name in a variable: the declarations of the oldest Node do not have the module.
const module = "node:sqlite";
/** @type {{ DatabaseSync: new (path: string) => import("./sqlite.mjs").Database }} */
const { DatabaseSync } = await import(module);

/** @type {import("./sqlite.mjs").OpenDatabase} */
const open = (path) => new DatabaseSync(path);

export const contender = sqliteContender(open, "WAL; NORMAL for background, FULL for all else");
