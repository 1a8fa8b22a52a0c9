/**
 * What the workloads on events share.
 */

/** @typedef {import("./contract.mjs").Contender} Contender */

/** Opens a contender's event store. @param {Contender} contender @param {string} directory @param {import("../contenders/contract.mjs").AppendMode} [mode] */
export async function openEvents(contender, directory, mode = "background") {
  if (!contender.events) throw new Error("the contender keeps no events");
  return contender.events(directory, mode);
}

/**
 * Appends events one at a time. A call that returns a promise is waited for, all others are not.
 *
 * @param {import("../contenders/contract.mjs").EventStore} store
 * @param {readonly import("../engine.mjs").TaskGraphEvent[]} events
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
