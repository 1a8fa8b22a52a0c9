/** Checkpoints: saves of what grows, deletes and prunes, in bytes and by the drop-in; batches with events. */
import { checkpointBytes, checkpointValue, eventBytes } from "./contents.mjs";

/** @typedef {import("./actor.mjs").Actor} Actor */

/** A day: what the drop-in's `prune` counts as old is decades older. */
const OLD_MS = 24 * 3600 * 1000;

/** How many steps a checkpoint has: more and more with the calls, now and then very many. @param {Actor} actor */
function steps({ random, calls }) {
  if (random.once(60)) return 100 + random.below(500);
  return Math.min(60, 1 + Math.floor(calls.made / 10)) + random.below(3);
}

/** @param {Actor} actor */
function save(actor) {
  const { handle, store } = actor.random.pick(actor.handles.engines);
  const key = actor.key("bytes", 3);
  const effect = /** @type {const} */ ({ do: "save", key, steps: steps(actor) });
  actor.calls.start("save", handle, [effect], (mark) =>
    store.saveCheckpoint(key, checkpointBytes(key, mark, effect.steps), { lineage: actor.name }),
  );
}

/** @param {Actor} actor */
function saveAndWait(actor) {
  const { handle, store } = actor.random.pick(actor.handles.engines);
  const key = actor.key("bytes", 3);
  const effect = /** @type {const} */ ({ do: "save", key, steps: steps(actor) });
  actor.calls.make("save here", handle, [effect], (mark) =>
    store.saveCheckpointSync(key, checkpointBytes(key, mark, effect.steps)),
  );
}

/** @param {Actor} actor */
function remove(actor) {
  const { handle, store } = actor.random.pick(actor.handles.engines);
  const key = actor.key("bytes", 3);
  actor.calls.start("delete", handle, [{ do: "delete", key }], () => store.deleteCheckpoint(key));
}

/** An event, a save and a delete or second save, all or nothing. @param {Actor} actor */
function batch(actor) {
  const { handle, store } = actor.random.pick(actor.handles.engines);
  const stream = actor.key("batch");
  const number = actor.random.below(3);
  const [saved, other] = [`bytes/${actor.name}/${number}`, `bytes/${actor.name}/${(number + 1) % 3}`];
  const count = steps(actor);
  const second = actor.random.once(3)
    ? /** @type {const} */ ({ do: "delete", key: other })
    : /** @type {const} */ ({ do: "save", key: other, steps: 2 });
  /** @type {import("../protocol.js").Effect[]} */
  const effects = [
    { do: "append", key: stream, sizes: [9] },
    { do: "save", key: saved, steps: count },
    second,
  ];
  actor.calls.start("batch", handle, effects, (mark) => {
    const changes = store.batch().appendEvent(eventBytes(mark, 0, 9), stream);
    changes.saveCheckpoint(saved, checkpointBytes(saved, mark, count));
    if (second.do === "delete") changes.deleteCheckpoint(other);
    else changes.saveCheckpoint(other, checkpointBytes(other, mark, second.steps));
    return changes.commit();
  });
}

/** An id of the drop-in's; of the old ones only where they are not being pruned. @param {Actor} actor */
function valueKey(actor) {
  const isOld = actor.name === "main" && !actor.pruned && actor.random.once(3);
  return actor.key(isOld ? "old" : "value", 2);
}

/** @param {Actor} actor */
function saveValue(actor) {
  const { handle, store } = actor.random.pick(actor.handles.storages);
  const key = valueKey(actor);
  const effect = /** @type {const} */ ({ do: "save", key, steps: steps(actor) });
  actor.calls.start("save value", handle, [effect], (mark) =>
    store.save(checkpointValue(key, mark, effect.steps)),
  );
}

/** @param {Actor} actor */
function removeValue(actor) {
  const { handle, store } = actor.random.pick(actor.handles.storages);
  const key = valueKey(actor);
  actor.calls.start("delete value", handle, [{ do: "delete", key }], () => store.delete(key));
}

/** @param {Actor} actor */
function pruneValues(actor) {
  if (actor.name !== "main" || actor.pruned) return;
  const { handle, store } = actor.random.pick(actor.handles.storages);
  const effects = [0, 1].map((number) => /** @type {const} */ ({ do: "delete", key: `old/main/${number}` }));
  const pruned = actor.calls.start("prune values", handle, effects, () => store.prune(OLD_MS));
  actor.pruned = pruned.then(() => {
    actor.pruned = undefined;
  });
}

/** @type {readonly import("./actions.mjs").Action[]} */
export const CHECKPOINT_ACTIONS = [
  { weight: 20, needs: "engines", run: save },
  { weight: 3, needs: "engines", run: saveAndWait },
  { weight: 3, needs: "engines", run: remove },
  { weight: 8, needs: "engines", run: batch },
  { weight: 20, needs: "storages", run: saveValue },
  { weight: 2, needs: "storages", run: removeValue },
  { weight: 2, needs: "storages", run: pruneValues },
];
