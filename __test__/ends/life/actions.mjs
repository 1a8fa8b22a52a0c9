/**
 * What a thread does to a store: one random operation each.
 *
 * Constraints: each tells all of its effects; a stream gets its events from synchronous calls of one thread alone, or from batches that are
 * not awaited alone (`batch/…`), since only the order of calls of one id or on one thread is promised.
 */

import { CHECKPOINT_ACTIONS } from "./checkpoint-actions.mjs";
import { EVENT_ACTIONS } from "./event-actions.mjs";
import { STORE_ACTIONS } from "./store-actions.mjs";

/** @typedef {import("./actor.mjs").Actor} Actor */
/**
 * `weight`: how often, among all; `needs`: the class of which there must be a handle.
 *
 * @typedef {{ readonly weight: number, readonly needs: "engines" | "storages" | "logs", readonly run: (actor: Actor) => unknown }} Action
 */

/** @type {readonly Action[]} */
export const ACTIONS = [...EVENT_ACTIONS, ...CHECKPOINT_ACTIONS, ...STORE_ACTIONS];
