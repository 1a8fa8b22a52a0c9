/**
 * (c) up to 4.5 MB, as a long run does.
 */
import { growingId } from "./growing-id.mjs";

export const workload = growingId({
  title: "Save one id 200 times while it grows to 4.5 MB",
  bytes: 4_500_000,
  contenders: ["ours", "messagepack-files", "better-sqlite3", "lmdb"],
});
