/**
 * All mutations of `npm run mutations`.
 *
 * Constraint: each one's name is its own, since the name switches it on.
 */
import { DURABILITY } from "./list/durability.mjs";
import { ENGINE } from "./list/engine.mjs";
import { FOLDS } from "./list/folds.mjs";
import { FORMATS } from "./list/formats.mjs";
import { IO } from "./list/io.mjs";
import { LOG } from "./list/log.mjs";
import { LOG_END } from "./list/log-end.mjs";
import { OPENING } from "./list/opening.mjs";
import { PACKS } from "./list/packs.mjs";
import { READING } from "./list/reading.mjs";
import { REPAIR } from "./list/repair.mjs";
import { RUNS } from "./list/runs.mjs";
import { TASK_GRAPH } from "./list/task-graph.mjs";
import { UPKEEP } from "./list/upkeep.mjs";

/** @type {readonly import("./source.mjs").Mutation[]} */
export const MUTATIONS = [
  ...LOG,
  ...DURABILITY,
  ...LOG_END,
  ...FORMATS,
  ...PACKS,
  ...RUNS,
  ...IO,
  ...OPENING,
  ...UPKEEP,
  ...ENGINE,
  ...REPAIR,
  ...READING,
  ...FOLDS,
  ...TASK_GRAPH,
];
