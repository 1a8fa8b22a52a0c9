/**
 * What the workloads on events share.
 */

/** @typedef {import("./contract.mjs").Contender} Contender */
/** @typedef {import("../engine.mjs").TaskGraphEvent} TaskGraphEvent */

const CHUNK = 1000;

/** Opens a contender's event store. @param {Contender} contender @param {string} directory @param {import("../contenders/contract.mjs").AppendMode} [mode] */
export async function openEvents(contender, directory, mode = "background") {
  if (!contender.events) throw new Error("the contender keeps no events");
  return contender.events(directory, mode);
}

/**
 * Appends events one at a time. A call that returns a promise is waited for, all others are not.
 *
 * @param {import("../contenders/contract.mjs").EventStore} store
 * @param {readonly TaskGraphEvent[]} events
 * @param {import("../measure/latencies.mjs").Latencies} latencies
 */
export async function appendEach(store, events, latencies) {
  for (const event of events) {
    const before = performance.now();
    const pending = store.append(event);
    if (pending) await pending;
    latencies.record(performance.now() - before);
  }
}

/** Appends many events in the way that is quickest for the store. @param {import("../contenders/contract.mjs").EventStore} store @param {Iterable<TaskGraphEvent>} events */
export async function appendMany(store, events) {
  /** @type {TaskGraphEvent[]} */
  let chunk = [];
  for (const event of events) {
    if (!store.appendAll) await store.append(event);
    else if (chunk.push(event) === CHUNK) {
      await store.appendAll(chunk);
      chunk = [];
    }
  }
  await store.appendAll?.(chunk);
}
