/**
 * The workloads by name, in the order in which they run.
 */

/** @typedef {import("./contract.mjs").Workload} Workload */

/** @type {Record<string, () => Promise<{ workload: Workload }>>} */
const LOADERS = {
  append: () => import("./append.mjs"),
  "append-sync": () => import("./append-sync.mjs"),
  "append-shared": () => import("./append-shared.mjs"),
  "append-under-load": () => import("./append-under-load.mjs"),
  replay: () => import("./replay.mjs"),
  "same-id": () => import("./same-id.mjs"),
  "same-id-large": () => import("./same-id-large.mjs"),
  "new-id": () => import("./new-id.mjs"),
  "many-agents": () => import("./many-agents.mjs"),
  "many-saves": () => import("./many-saves.mjs"),
  load: () => import("./load.mjs"),
  list: () => import("./list.mjs"),
  prune: () => import("./prune.mjs"),
  reopen: () => import("./reopen.mjs"),
  "small-stores": () => import("./small-stores.mjs"),
  rehydrate: () => import("./rehydrate.mjs"),
  "time-travel": () => import("./time-travel.mjs"),
  growth: () => import("./growth.mjs"),
};

/** All names. */
export const WORKLOADS = Object.keys(LOADERS);

/** @param {string} name @returns {Promise<Workload>} */
export async function loadWorkload(name) {
  const loader = LOADERS[name];
  if (!loader) throw new Error(`there is no workload ${name}`);
  return (await loader()).workload;
}
