/** Reading the durable-through mark of a store's log as `docs/format.md` describes it, without the engine. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const SLOT_OFFSETS = [4096, 8192];
const POSITION_OFFSET = 24;

/** The highest position that any mark of any log in `directory` says is durable. */
export function durablePosition(directory: string): number {
  const logs = readdirSync(directory).filter((name) => name.endsWith(".log"));
  const positions = logs.flatMap((name) => {
    const bytes = readFileSync(join(directory, name));
    return SLOT_OFFSETS.map((slot) => {
      if (bytes.toString("latin1", slot, slot + 8) !== "AGENTMRK")
        throw new Error(`${name} has no mark at ${slot}`);
      return Number(bytes.readBigUInt64LE(slot + POSITION_OFFSET));
    });
  });
  return Math.max(0, ...positions);
}
