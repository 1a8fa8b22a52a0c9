/**
 * (c) up to 0.9 MB.
 */
import { growingId } from "./growing-id.mjs";

export const workload = growingId({
  title: "Save one id 200 times while it grows to 0.9 MB",
  bytes: 900_000,
  contenders: ["ours", "messagepack-files", "better-sqlite3", "node:sqlite", "lmdb", "classic-level"],
});
