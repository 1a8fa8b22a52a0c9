/** The durable-through mark of a store, read from its files as `docs/format.md` lays them out. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const SLOTS = [4096, 8192];
const MAGIC = "AGENTMRK";

/** The position up to which everything was synced. */
export function durableThrough(directory: string): number {
  const logs = readdirSync(directory).filter((name) => name.endsWith(".log"));
  const positions = logs.map((name) => {
    const log = readFileSync(join(directory, name));
    const marks = SLOTS.filter((slot) => log.toString("latin1", slot, slot + MAGIC.length) === MAGIC);
    const counter = (slot: number) => log.readBigUInt64LE(slot + 8);
    marks.sort((left, right) => (counter(left) < counter(right) ? 1 : -1));
    const [newest] = marks;
    return newest === undefined ? 0 : Number(log.readBigUInt64LE(newest + 24));
  });
  return Math.max(0, ...positions);
}
