/** The ways in which a life ends. Each begins with a store at work and ends the process, or lets it run out of work. */
import { Actor } from "./actor.mjs";
import { untilReleased } from "./descriptors.mjs";
import { exhaustHeap } from "./heap.mjs";
import { observe } from "./observe.mjs";
import { fault } from "./report.mjs";
import { untilWorkerEnds } from "./worker-ends.mjs";

/**
 * @typedef {object} Life
 * @property {Actor} main
 * @property {import("../protocol.js").Plan} plan
 */

/** @param {Life} life @param {(() => void)[]} traps of which one leads to the end, at a moment of its own */
async function workInto({ main, plan }, traps) {
  await main.work(plan.operations);
  main.random.pick(traps)();
  await main.work(Number.POSITIVE_INFINITY);
}

/** @param {Actor} main @param {() => void} end */
function soon(main, end) {
  return [() => setImmediate(end), () => setTimeout(end, main.random.below(5)), () => process.nextTick(end)];
}

/** @param {Life} life */
function exit(life) {
  const { main } = life;
  const end = () => process.exit(7);
  const fromProgress = () => {
    const [engine] = main.handles.engines;
    if (engine) void engine.store.verify({ onProgress: end });
    else end();
  };
  return workInto(life, [...soon(main, end), end, () => main.calls.atNextResolved(end), fromProgress]);
}

/** @param {Life} life */
function throwUncaught(life) {
  const end = () => {
    throw new Error("thrown on purpose");
  };
  return workInto(life, soon(life.main, end));
}

/** @param {Life} life */
function reject(life) {
  const end = () => void Promise.reject(new Error("rejected on purpose"));
  return workInto(life, [...soon(life.main, end), end, () => life.main.calls.atNextResolved(end)]);
}

/** Closes with calls under way; then everything is answered and the process runs out of work, or it exits in between. @param {Life} life */
async function close({ main, plan }) {
  await main.work(plan.operations);
  const closed = Promise.all(await main.closeAll());
  if (main.random.once(2)) process.exit(3);
  await closed;
}

/** Goes on where a worker has ended: everything is there, and nothing of it is left open. @param {Life} life */
async function goOnAfterWorker(life) {
  const { main, plan } = life;
  const working = main.work(Number.POSITIVE_INFINITY);
  await untilWorkerEnds(plan, main.random);
  main.stop();
  await working;
  await main.work(10);
  await seeAndRelease(main);
  await untilReleased(plan.rootDir);
}

/** Tells all that is there once every call has ended, also those of a thread that is gone, and closes. @param {Actor} main */
async function seeAndRelease(main) {
  await main.calls.settle();
  // Calls that waited for an opening are before those of a drop-in, the rest before those of an engine.
  for (const { store } of [...main.handles.storages, ...main.handles.engines]) await store.flush();
  const [engine] = main.handles.engines;
  if (engine) await observe(engine.store, main.options);
  else fault("no engine is open");
  await Promise.all(await main.closeAll());
}

/** Drops every handle, opens another time once they were collected, and goes on. @param {Life} life */
async function collect({ main, plan }) {
  await main.work(plan.operations);
  // Half of the time with calls under way.
  if (main.random.once(2)) await main.calls.settle();
  main.handles.takeAll();
  await untilReleased(plan.rootDir);
  await main.calls.settle();
  const again = new Actor("again", { ...plan, seed: plan.seed + 1 });
  await observe(await again.handles.openEngine(), again.options);
  await again.open();
  await again.work(20);
  await seeAndRelease(again);
}

/** @param {Life} life */
async function heap({ main, plan }) {
  await main.work(plan.operations);
  void exhaustHeap();
  await main.work(Number.POSITIVE_INFINITY);
}

/** @type {Record<import("../protocol.js").Way, { needsEngine?: true, end: (life: Life) => Promise<void> }>} */
export const WAYS = {
  kill: { end: ({ main }) => main.work(Number.POSITIVE_INFINITY) },
  exit: { end: exit },
  throw: { end: throwUncaught },
  reject: { end: reject },
  close: { end: close },
  terminate: { needsEngine: true, end: goOnAfterWorker },
  "worker-exit": { needsEngine: true, end: goOnAfterWorker },
  "worker-throw": { needsEngine: true, end: goOnAfterWorker },
  "worker-heap": { needsEngine: true, end: goOnAfterWorker },
  collect: { needsEngine: true, end: collect },
  heap: { end: heap },
};
