/** The durable-through mark of a store, read from its files as `docs/format.md` lays them out. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const SLOTS = [4096, 8192];
const MAGIC = "AGENTMRK";
const MANIFEST_BODY = 72;

/** The position up to which everything was synced. */
export function durableThrough(directory: string): number {
  const names = readdirSync(directory);
  const logs = names.filter((name) => name.endsWith(".log"));
  const positions = logs.map((name) => positionOfMark(readFileSync(join(directory, name))));
  const manifest = names.includes("MANIFEST") ? readFileSync(join(directory, "MANIFEST")) : undefined;
  return Math.max(0, ...positions, manifest ? positionOfManifest(manifest) : 0);
}

function positionOfMark(log: Buffer): number {
  const marks = SLOTS.filter((slot) => log.toString("latin1", slot, slot + MAGIC.length) === MAGIC);
  const counter = (slot: number) => log.readBigUInt64LE(slot + 8);
  marks.sort((left, right) => (counter(left) < counter(right) ? 1 : -1));
  const [newest] = marks;
  return newest === undefined ? 0 : Number(log.readBigUInt64LE(newest + 24));
}

/** The second number of the body, behind the generation: runs and packs hold everything through it. */
function positionOfManifest(manifest: Buffer): number {
  const [, afterGeneration] = varintAt(manifest, MANIFEST_BODY);
  return varintAt(manifest, afterGeneration)[0];
}

/** A varint and the offset behind it. */
function varintAt(bytes: Buffer, offset: number): [value: number, end: number] {
  let value = 0;
  for (let at = offset, unit = 1; ; at += 1, unit *= 128) {
    const byte = bytes.readUInt8(at);
    value += (byte % 128) * unit;
    if (byte < 128) return [value, at + 1];
  }
}
