/** Events: appends and prunes, in bytes and by the drop-in; batches of streams. */
import { eventBytes, taskGraphEvent } from "./contents.mjs";

/** @typedef {import("./actor.mjs").Actor} Actor */

/** A stream is pruned so often that reading all of it stays quick. */
const KEPT_EVENTS = 100;
/** Larger than a frame of the log. */
const LARGE = 1_200_000;

/** @param {import("./random.mjs").Random} random */
function eventSize(random) {
  if (random.once(150)) return LARGE;
  return random.once(10) ? random.below(40_000) : random.below(400);
}

/** @param {Actor} actor */
function append(actor) {
  const { handle, store } = actor.random.pick(actor.handles.engines);
  const key = actor.key("stream", 3);
  const sizes = [eventSize(actor.random)];
  const last = actor.calls.make("append", handle, [{ do: "append", key, sizes }], (mark) =>
    store.appendEvent(eventBytes(mark, 0, sizes[0] ?? 0), key),
  );
  if (last % 50 === 0) prune(actor);
}

/** @param {Actor} actor */
function appendMany(actor) {
  const { handle, store } = actor.random.pick(actor.handles.engines);
  const key = actor.key("stream", 3);
  const sizes = Array.from({ length: 1 + actor.random.below(8) }, () => eventSize(actor.random));
  actor.calls.make("append many", handle, [{ do: "append", key, sizes }], (mark) =>
    store.appendEvents(
      sizes.map((size, index) => eventBytes(mark, index, size)),
      key,
    ),
  );
}

/** @param {Actor} actor */
function prune(actor) {
  const { handle, store } = actor.random.pick(actor.handles.engines);
  const key = actor.key("stream", 3);
  const before = Math.max(0, store.lastSequence(key) + 1 - actor.random.below(KEPT_EVENTS));
  actor.calls.make("prune", handle, [{ do: "prune", key, before }], () => store.prune(before, key));
}

/** @param {Actor} actor */
function drop(actor) {
  const { handle, store } = actor.random.pick(actor.handles.engines);
  const key = actor.key("stream", 3);
  actor.calls.make("drop", handle, [{ do: "drop", key }], () => store.deleteStream(key));
}

/** Two appends and a prune at once. @param {Actor} actor */
function batch(actor) {
  const { handle, store } = actor.random.pick(actor.handles.engines);
  const [first, second] = [actor.key("stream", 3), actor.key("stream", 3)];
  const size = eventSize(actor.random);
  const before = Math.max(0, store.lastSequence(first) - actor.random.below(KEPT_EVENTS));
  /** @type {import("../protocol.js").Effect[]} */
  const effects = [
    { do: "append", key: first, sizes: [size] },
    { do: "prune", key: first, before },
    { do: "append", key: second, sizes: [5] },
  ];
  actor.calls.make("batch", handle, effects, (mark) =>
    store
      .batch()
      .appendEvent(eventBytes(mark, 0, size), first)
      .prune(before, first)
      .appendEvent(eventBytes(mark, 0, 5), second)
      .commitSync(),
  );
}

/** Mostly the next event, now and then a restart, a fork or a gap. @param {Actor} actor */
function nextSequenceId({ random, run }) {
  const last = run.at(-1) ?? 0;
  const kind = random.below(60);
  if (kind === 0) return 1;
  if (kind === 1) return 1 + random.below(last + 1);
  return last + (kind === 2 ? 5 : 1);
}

/** @param {Actor} actor */
function log(actor) {
  const { handle, store } = actor.random.pick(actor.handles.logs);
  const sequenceId = nextSequenceId(actor);
  const key = actor.key("log");
  actor.calls.make("log", handle, [{ do: "log", key, sequenceId }], (mark) =>
    store.append(taskGraphEvent(mark, sequenceId)),
  );
  actor.run = [...actor.run.filter((id) => id < sequenceId), sequenceId];
  if (actor.run.length > 2 * KEPT_EVENTS) pruneLog(actor);
}

/** @param {Actor} actor */
function pruneLog(actor) {
  const { handle, store } = actor.random.pick(actor.handles.logs);
  const before = (actor.run.at(-1) ?? 0) + 1 - actor.random.below(KEPT_EVENTS);
  const key = actor.key("log");
  actor.calls.make("prune log", handle, [{ do: "prune log", key, before }], () => store.prune(before));
  actor.run = actor.run.filter((id) => id >= before);
}

/** @type {readonly import("./actions.mjs").Action[]} */
export const EVENT_ACTIONS = [
  { weight: 60, needs: "engines", run: append },
  { weight: 10, needs: "engines", run: appendMany },
  { weight: 6, needs: "engines", run: prune },
  { weight: 1, needs: "engines", run: drop },
  { weight: 8, needs: "engines", run: batch },
  { weight: 40, needs: "logs", run: log },
  { weight: 3, needs: "logs", run: pruneLog },
];
