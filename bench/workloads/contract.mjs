/**
 * What a workload is.
 */

/** @typedef {import("../contenders/contract.mjs").Contender} Contender */
/** @typedef {import("../measure/figures.mjs").Figures} Figures */
/** @typedef {(contender: Contender, context: import("../runner/context.mjs").Context) => Promise<Figures>} Part */

/**
 * @typedef {object} Workload
 * @property {string} title
 * @property {readonly string[]} contenders in the order of the table
 * @property {Record<string, Part>} parts `run` is where it begins; it may run the others in processes of their own
 * @property {{ figure: string, count: number }} [rounds] how many rounds, in alternating order; the one with the lower p50, or the higher rate, of `figure` counts
 * @property {boolean} [needsEmpty] whether memory is to be compared with that of a process which only loads the same modules
 */

export {};
