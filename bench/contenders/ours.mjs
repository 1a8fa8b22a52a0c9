/**
 * The package's drop-ins with the options they have by default.
 */
import { isNativeAvailable, NativeCheckpointStorage, NativeTaskGraphEventLog } from "../engine.mjs";

/** @typedef {import("./contract.mjs").Contender} Contender */

// As with every other contender, the binary is loaded before anything is timed.
if (!isNativeAvailable()) throw new Error("the addon was not built: npm run build");

/** @type {Contender} */
export const contender = {
  note: "NativeTaskGraphEventLog and NativeCheckpointStorage, every version of a checkpoint kept",
  keepsEngine: true,
  modes: { background: "append", sync: 'append, durability "sync"', shared: "append, then flush" },

  events(rootDir, mode) {
    const log = new NativeTaskGraphEventLog({ rootDir, durability: mode === "sync" ? "sync" : "background" });
    return {
      append: mode === "shared" ? (event) => appendDurably(log, event) : (event) => void log.append(event),
      replay: () => log.replay(0),
      prune: (before) => log.prune(before),
      close: () => log.close(),
    };
  },

  checkpoints(rootDir) {
    const storage = new NativeCheckpointStorage({ rootDir });
    return {
      save: (checkpoint) => storage.save(checkpoint),
      saveAll: (checkpoints) => saveAll(storage, checkpoints),
      load: (id) => storage.load(id),
      loadVersion: (id, version) => storage.loadVersion(id, version),
      list: (limit) => storage.list({ limit }),
      prune: (createdBefore) => storage.prune(Date.now() - createdBefore),
      close: () => storage.close(),
    };
  },
};

/** @param {NativeTaskGraphEventLog} log @param {import("../engine.mjs").TaskGraphEvent} event */
function appendDurably(log, event) {
  log.append(event);
  return log.flush();
}

/** @param {NativeCheckpointStorage} storage @param {Iterable<import("../engine.mjs").Checkpoint>} checkpoints */
async function saveAll(storage, checkpoints) {
  /** @type {Promise<void>[]} */
  let saves = [];
  for (const checkpoint of checkpoints) {
    saves.push(storage.save(checkpoint));
    if (saves.length < 200) continue;
    await Promise.all(saves);
    saves = [];
  }
  await Promise.all(saves);
}
