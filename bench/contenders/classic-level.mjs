/**
 * classic-level (LevelDB): keys in order, values encoded by msgpackr, compressed by Snappy as by default.
 */
import { join } from "node:path";
import { ClassicLevel } from "classic-level";
import { Packr } from "msgpackr";

/** @typedef {import("./contract.mjs").Checkpoint} Checkpoint */
/** @typedef {ClassicLevel<string, Buffer>} Level */

/** The order of keys is that of their texts. @param {number} number */
const key = (number) => String(number).padStart(16, "0");

/** @type {import("./contract.mjs").Contender} */
export const contender = {
  note: "values by msgpackr; each put awaited",
  modes: { background: "put, awaited", sync: "put with sync", shared: "put with sync" },

  async events(directory, mode) {
    const level = await openLevel(directory);
    const packr = new Packr({ useRecords: false });
    const sync = mode !== "background";
    return {
      append: (event) => level.put(key(event.sequenceId), packr.pack(event), { sync }),
      appendAll: (events) =>
        level.batch(
          events.map((event) => ({ type: "put", key: key(event.sequenceId), value: packr.pack(event) })),
        ),
      replay: async () => (await level.values().all()).map((value) => packr.unpack(value)),
      prune: (before) => level.clear({ lt: key(before) }),
      close: () => level.close(),
    };
  },

  async checkpoints(directory) {
    const level = await openLevel(directory);
    const packr = new Packr({ useRecords: false });
    /** @param {Checkpoint} checkpoint */
    const changes = async (checkpoint) => changesOfSave(level, packr, checkpoint);
    return {
      save: async (checkpoint) => level.batch(await changes(checkpoint), { sync: true }),
      saveAll: async (checkpoints) => {
        for (const checkpoint of checkpoints) await level.batch(await changes(checkpoint));
      },
      load: async (id) => {
        const body = await level.get(`body ${id}`);
        return body ? packr.unpack(body) : null;
      },
      list: async (limit) => {
        const values = await level.values({ gte: "time ", lt: "time~", reverse: true, limit }).all();
        return values.map((value) => packr.unpack(value));
      },
      prune: (createdBefore) => prune(level, createdBefore),
      close: () => level.close(),
    };
  },
};

/** @param {string} directory @returns {Promise<Level>} */
async function openLevel(directory) {
  /** @type {Level} */
  const level = new ClassicLevel(join(directory, "level"), { keyEncoding: "utf8", valueEncoding: "buffer" });
  await level.open();
  return level;
}

/**
 * @param {Level} level @param {Packr} packr @param {Checkpoint} checkpoint
 * @returns {Promise<import("classic-level").BatchOperation<Level, string, Buffer>[]>}
 */
async function changesOfSave(level, packr, checkpoint) {
  const { id, task, agentType, status, createdAt, currentStep, maxSteps, error } = checkpoint;
  const summary = packr.pack({
    id,
    task,
    agentType,
    status,
    createdAt,
    currentStep,
    maxSteps,
    hasError: !!error,
  });
  // Encoded before the first wait: the caller changes the object right after the call.
  const body = packr.pack(checkpoint);
  const place = `time ${key(createdAt)} ${id}`;
  const before = (await level.get(`place ${id}`))?.toString();
  return [
    ...(before !== undefined && before !== place
      ? [{ type: /** @type {const} */ ("del"), key: before }]
      : []),
    { type: "put", key: `place ${id}`, value: Buffer.from(place) },
    { type: "put", key: place, value: summary },
    { type: "put", key: `body ${id}`, value: body },
  ];
}

/** @param {Level} level @param {number} createdBefore */
async function prune(level, createdBefore) {
  const places = await level.keys({ gte: "time ", lt: `time ${key(createdBefore)}` }).all();
  const keys = places.flatMap((place) => {
    const id = place.slice("time ".length + 17);
    return [place, `place ${id}`, `body ${id}`];
  });
  await level.batch(
    keys.map((gone) => ({ type: "del", key: gone })),
    { sync: true },
  );
  return places.length;
}
