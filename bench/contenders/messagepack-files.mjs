/**
 * Today's storage, rebuilt from the description of its files and of its behaviour: one MessagePack file for each checkpoint, whole or as a delta,
 * and an index that is rewritten at each change.
 *
 * Constraints: it costs what today's storage costs and no more. Each save reads and decodes the agent's latest checkpoint, encodes
 * the new one whole to know its size and what it writes once more, and rewrites the index through a temporary file and a rename. The index is
 * read once and kept in memory. Nothing is synced. Its defects are its own: a save that overlaps another is not defended against.
 */
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { decode, encode } from "@msgpack/msgpack";
import { applyDelta, deltaOf } from "./messagepack-delta.mjs";

/** @typedef {import("./contract.mjs").Checkpoint} Checkpoint */
/** @typedef {import("./contract.mjs").CheckpointStore} CheckpointStore */
/** @typedef {import("./messagepack-delta.mjs").Delta} Delta */
/** @typedef {{ kind: "full", checkpoint: Checkpoint } | { kind: "delta", baseId: string, delta: Delta }} FileRecord */
/**
 * @typedef {object} Entry
 * @property {string} id @property {string} fileName @property {string} agentId @property {string} agentType @property {string} task
 * @property {string} status @property {number} createdAt @property {number} currentStep @property {number} maxSteps
 * @property {boolean} hasError @property {boolean} isDelta @property {string} [baseId] @property {number} chainLength
 */

const MAX_DELTA_CHAIN = 8;
const MIN_DELTA_SAVINGS_RATIO = 0.85;

/** Today's storage. @implements {CheckpointStore} */
export class MessagePackFiles {
  #directory;
  #indexPath;
  /** By id, in the order of the first save. @type {Map<string, Entry> | undefined} */
  #entries;
  /** The id of each agent's latest checkpoint. @type {Map<string, string>} */
  #latest = new Map();

  /** @param {string} directory */
  constructor(directory) {
    this.#directory = directory;
    this.#indexPath = join(directory, "index.json");
  }

  /** @param {Checkpoint} checkpoint */
  async save(checkpoint) {
    const entries = await this.#index();
    await this.#write(entries, checkpoint);
    await this.#writeIndex(entries);
  }

  /** Writes the same files with the index once at the end, for filling. @param {Iterable<Checkpoint>} checkpoints */
  async saveAll(checkpoints) {
    const entries = await this.#index();
    for (const checkpoint of checkpoints) await this.#write(entries, checkpoint);
    await this.#writeIndex(entries);
  }

  /** @param {string} id @returns {Promise<Checkpoint | null>} */
  async load(id) {
    const entry = (await this.#index()).get(id);
    if (!entry) return null;
    const record = /** @type {FileRecord} */ (decode(await readFile(join(this.#directory, entry.fileName))));
    if (record.kind === "full") return record.checkpoint;
    const base = await this.load(record.baseId);
    return base && applyDelta(base, record.delta);
  }

  /** @param {number} limit */
  async list(limit) {
    const entries = [...(await this.#index()).values()].sort((a, b) => b.createdAt - a.createdAt);
    return entries
      .slice(0, limit)
      .map(({ id, task, agentType, status, createdAt, currentStep, maxSteps, hasError }) => {
        return { id, task, agentType, status, createdAt, currentStep, maxSteps, hasError };
      });
  }

  /** @param {number} createdBefore */
  async prune(createdBefore) {
    const entries = await this.#index();
    const old = [...entries.values()].filter(({ createdAt }) => createdAt < createdBefore);
    for (const { id, fileName } of old) {
      await rm(join(this.#directory, fileName), { force: true });
      entries.delete(id);
    }
    await this.#writeIndex(entries);
    return old.length;
  }

  async close() {}

  /** @param {Map<string, Entry>} entries @param {Checkpoint} checkpoint */
  async #write(entries, checkpoint) {
    const existing = entries.get(checkpoint.id);
    const latest = entries.get(this.#latest.get(checkpoint.agentId) ?? "");
    const previous = latest ? await this.load(latest.id) : null;
    /** @type {FileRecord} */
    const full = { kind: "full", checkpoint };
    const isDeltaAllowed = !existing && latest && previous && latest.chainLength < MAX_DELTA_CHAIN;
    const delta = isDeltaAllowed
      ? smallerDelta(full, { kind: "delta", baseId: latest.id, delta: deltaOf(previous, checkpoint) })
      : undefined;
    if (!delta) encode(full);
    const entry = entryOf(checkpoint, delta && latest);
    await writeFile(join(this.#directory, entry.fileName), encode(delta ?? full));
    if (existing && existing.fileName !== entry.fileName) await rm(join(this.#directory, existing.fileName));
    entries.set(checkpoint.id, entry);
    this.#latest.set(checkpoint.agentId, checkpoint.id);
  }

  async #index() {
    if (this.#entries) return this.#entries;
    const text = await readFile(this.#indexPath, "utf8").catch(() => undefined);
    if (text === undefined) await mkdir(this.#directory, { recursive: true });
    /** @type {Entry[]} */
    const listed = text === undefined ? [] : JSON.parse(text).entries;
    for (const { id, agentId } of listed) this.#latest.set(agentId, id);
    this.#entries = new Map(listed.map((entry) => [entry.id, entry]));
    return this.#entries;
  }

  /** @param {Map<string, Entry>} entries */
  async #writeIndex(entries) {
    await writeFile(`${this.#indexPath}.tmp`, JSON.stringify({ entries: [...entries.values()] }, null, 2));
    await rename(`${this.#indexPath}.tmp`, this.#indexPath);
  }
}

/** The delta, unless it saves too little. @param {FileRecord} full @param {FileRecord} delta */
function smallerDelta(full, delta) {
  return encode(delta).length < encode(full).length * MIN_DELTA_SAVINGS_RATIO ? delta : undefined;
}

/** @param {Checkpoint} checkpoint @param {Entry | undefined} base of the delta that is written @returns {Entry} */
function entryOf({ id, agentId, agentType, task, status, createdAt, currentStep, maxSteps, error }, base) {
  const summary = {
    agentId,
    agentType,
    task,
    status,
    createdAt,
    currentStep,
    maxSteps,
    hasError: error !== undefined,
  };
  if (!base) return { id, fileName: `${id}.full.msgpack`, ...summary, isDelta: false, chainLength: 0 };
  const chain = { isDelta: true, baseId: base.id, chainLength: base.chainLength + 1 };
  return { id, fileName: `${id}.delta.msgpack`, ...summary, ...chain };
}

/** @type {import("./contract.mjs").Contender} */
export const contender = {
  note: "today's storage: syncs nothing, keeps no history",
  checkpoints: (directory) => new MessagePackFiles(directory),
};
