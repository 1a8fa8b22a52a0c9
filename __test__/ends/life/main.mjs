/** A life: opens a store, tells all that it finds, works on it, and ends as it was told to. */
import { Actor } from "./actor.mjs";
import { observe } from "./observe.mjs";
import { fault } from "./report.mjs";
import { WAYS } from "./ways.mjs";

/** @type {import("../protocol.js").Plan} */
const plan = JSON.parse(process.argv[2] ?? "");

/**
 * Opens the store, at once: what an earlier life left must not be open a moment longer than its process. A function of its own, since what stands
 * in its scope would never be collected.
 *
 * @param {Actor} main
 */
async function begin(main) {
  const engine = await main.handles.openEngine();
  await observe(engine, main.options);
  if (!WAYS[plan.way].needsEngine && main.random.once(4)) {
    // Drop-ins alone are let go when idle, and open again by themselves.
    main.handles.engines = [];
    await engine.close();
  }
  await main.open();
}

try {
  const main = new Actor("main", plan);
  await begin(main);
  await WAYS[plan.way].end({ main, plan });
} catch (error) {
  fault(`the life: ${error instanceof Error ? `${error.stack} ${JSON.stringify(error)}` : error}`);
}
