/**
 * Directories of today's storage whose index and records were changed at random.
 *
 * Would catch: a reader that hangs on a circle of bases, throws anything but its own errors, follows a name out of the directory, loses a
 * checkpoint that is whole because another one is not, or changes a file.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { MalformedError } from "../src/codec/index.js";
import { StorageError } from "../src/errors.js";
import { applyLegacyDelta } from "../src/legacy/delta.js";
import { parseLegacyIndex } from "../src/legacy/index-file.js";
import { decodeLegacyRecord, type LegacyRecord } from "../src/legacy/record.js";
import { type LegacyLoad, type LegacyStore, openLegacyStore } from "../src/migrate/legacy-reader.js";
import type { Checkpoint } from "../src/types.js";
import { printFigures, seeds, timeoutOf } from "./support/long-run.js";
import { mutated } from "./support/mutate.js";
import { Scratch } from "./support/scratch.js";
import { SeededRandom } from "./support/seeded-random.js";

const ROUNDS = 3;
const INPUTS_A_ROUND = 300;
const STORES_A_ROUND = 5;
const SHORT_RUN_MS = 120_000;
const INDEX = "index.json";

type Files = ReadonlyMap<string, Buffer>;

const fixtures = fileURLToPath(new URL("fixtures/legacy-messagepack/", import.meta.url));
const stores = ["delta-chains", "overwritten-ids", "value-types", "deleted-and-pruned"].map(filesOf);
const indexes = stores.map((files) => files.get(INDEX) as Buffer);
const records = stores.flatMap((files) => recordsOf(files)).filter((bytes) => bytes.length <= 4096);
const bases = [{} as Checkpoint, ...records.flatMap((bytes) => checkpointIn(bytes, "a fixture") ?? [])];
const ids = indexes
  .flatMap((bytes) => parseLegacyIndex(bytes.toString("utf8"))?.entries ?? [])
  .map(({ id }) => id);
const scratch = new Scratch();

function filesOf(store: string): Files {
  const folder = join(fixtures, store, "store");
  return new Map(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name))]));
}

function recordsOf(files: Files): Buffer[] {
  return [...files].filter(([name]) => name !== INDEX).map(([, bytes]) => bytes);
}

it(
  "is read as far as it is whole, or refused",
  async () => {
    let inputs = 0;
    for (const seed of seeds(1, ROUNDS)) {
      const random = new SeededRandom(seed);
      const note = `ENGINE_SEED=${seed}`;
      for (let input = 0; input < INPUTS_A_ROUND; input += 1) {
        readRecord(mutated(random, records), note);
        readIndex(mutated(random, indexes), note);
      }
      for (let store = 0; store < STORES_A_ROUND; store += 1) {
        await readStore(random, `${note} store ${store}`, scratch.path(`${seed}-${store}`));
      }
      inputs += 2 * INPUTS_A_ROUND + STORES_A_ROUND;
    }
    expect(Object.keys(Object.prototype), "a key became a property of every object").toStrictEqual([]);
    printFigures({ inputs_fuzzed: inputs });
  },
  timeoutOf(SHORT_RUN_MS),
);

function readRecord(bytes: Buffer, note: string): void {
  const record = recordIn(bytes, note);
  if (record?.kind === "full") expect(typeof record.checkpoint.id, note).toBe("string");
  if (record?.kind !== "delta") return;
  for (const base of bases) {
    const applied = applyLegacyDelta(base, record.delta);
    if (applied !== undefined) expect(applied.id, note).toBe(record.delta.id);
  }
}

function checkpointIn(bytes: Buffer, note: string): Checkpoint | undefined {
  const record = recordIn(bytes, note);
  return record?.kind === "full" ? record.checkpoint : undefined;
}

function recordIn(bytes: Buffer, note: string): LegacyRecord | undefined {
  try {
    return decodeLegacyRecord(bytes);
  } catch (error) {
    expect(error, `${note} ${bytes.toString("hex")}`).toBeInstanceOf(MalformedError);
    return undefined;
  }
}

function readIndex(bytes: Buffer, note: string): void {
  const index = parseLegacyIndex(bytes.toString("utf8"));
  const ids = new Set(index?.entries.map(({ id }) => id));
  expect(ids.size, note).toBe(index?.entries.length ?? 0);
  for (const { fileName } of index?.entries ?? []) expect(fileName, note).not.toMatch(/[/\0]|^\.{0,2}$/);
}

/** Changes up to three files of a store and reads all of it. */
async function readStore(random: SeededRandom, note: string, from: string): Promise<void> {
  const original = random.pick(stores);
  const files = new Map(original);
  for (let changes = 1 + random.below(3); changes > 0; changes -= 1) {
    const [name, bytes] = random.pick([...original]);
    const others = name === INDEX ? indexes : recordsOf(original);
    files.set(name, random.below(3) === 0 ? renamed(random, bytes) : mutated(random, [bytes, ...others]));
  }
  mkdirSync(from, { recursive: true });
  for (const [name, bytes] of files) writeFileSync(join(from, name), bytes);
  await expectWholeOnes(from, original, files, note);
  for (const [name, bytes] of files) expect(readFileSync(join(from, name)).equals(bytes), note).toBe(true);
}

/** Puts another id for one in a record or index, which makes circles of bases, among other things. */
function renamed(random: SeededRandom, bytes: Buffer): Buffer {
  const text = bytes.toString("latin1");
  const id = random.pick(ids.filter((one) => text.includes(one)));
  const other = random.pick(ids.filter((one) => one.length === id.length));
  return Buffer.from(text.replaceAll(id, other), "latin1");
}

async function expectWholeOnes(from: string, original: Files, files: Files, note: string): Promise<void> {
  const store = await openOrRefuse(from, note);
  for (const entry of store?.entries ?? []) {
    const loaded = await store?.load(entry);
    const bytes = files.get(entry.fileName);
    const isWhole = bytes !== undefined && original.get(entry.fileName)?.equals(bytes);
    if (isWhole && checkpointIn(bytes, note)?.id === entry.id)
      expect(loaded, note).toHaveProperty("checkpoint");
    else expect(loaded, note).toSatisfy(isCheckpointOrReason);
  }
}

async function openOrRefuse(from: string, note: string): Promise<LegacyStore | undefined> {
  try {
    return await openLegacyStore({ from });
  } catch (error) {
    expect(error, note).toBeInstanceOf(StorageError);
    expect(error, note).toMatchObject({ code: "ERR_STORAGE_CORRUPT", path: join(from, INDEX) });
    return undefined;
  }
}

function isCheckpointOrReason(loaded: LegacyLoad): boolean {
  return "checkpoint" in loaded ? typeof loaded.checkpoint.id === "string" : loaded.skipped.reason !== "";
}
