/**
 * All mutations of `npm run mutations`.
 *
 * Constraint: each one's name is its own, since the name switches it on.
 */
import { ENGINE } from "./list/engine.mjs";
import { FORMATS } from "./list/formats.mjs";
import { IO } from "./list/io.mjs";
import { LOG } from "./list/log.mjs";
import { PACKS } from "./list/packs.mjs";
import { READING } from "./list/reading.mjs";
import { REPAIR } from "./list/repair.mjs";
import { RUNS } from "./list/runs.mjs";

/** @type {readonly import("./source.mjs").Mutation[]} */
export const MUTATIONS = [...LOG, ...FORMATS, ...PACKS, ...RUNS, ...IO, ...ENGINE, ...REPAIR, ...READING];
