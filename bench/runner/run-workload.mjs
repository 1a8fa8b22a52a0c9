/**
 * Runs a workload for each contender, one process after the other.
 *
 * Constraints: where a workload has rounds, they go through the contenders forwards and backwards in turn, so that a machine that becomes slower
 * or faster meanwhile favours nobody, and each contender's better round counts as a whole. A directory is gone before the next begins.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { bytes } from "../measure/figures.mjs";
import { runJob } from "./job.mjs";

/** @typedef {import("../measure/figures.mjs").Figures} Figures */
/** @typedef {import("../workloads/contract.mjs").Workload} Workload */
/** @typedef {import("./job.mjs").Outcome} Outcome */
/** @typedef {{ name: string, title: string, outcomes: Record<string, Outcome> }} WorkloadResult */

/**
 * @param {string} name
 * @param {Workload} workload
 * @param {{ contenders: readonly string[], scale: number, base: string, onJob?: (contender: string) => void }} options
 *   `base`: where directories may be made; `onJob` is called before each
 * @returns {Promise<WorkloadResult>}
 */
export async function runWorkload(name, workload, { contenders, scale, base, onJob }) {
  const rounds = workload.rounds?.count ?? 1;
  /** @type {Record<string, Outcome>} */
  const outcomes = {};
  for (let round = 0; round < rounds; round += 1) {
    const order = round % 2 === 0 ? contenders : [...contenders].reverse();
    for (const contender of order) {
      onJob?.(contender);
      const outcome = await runInOwnDirectory({ workload: name, contender, scale }, workload, base);
      outcomes[contender] = better(workload.rounds?.figure ?? "", outcomes[contender], outcome);
    }
  }
  const inOrder = contenders.map((contender) => [contender, outcomes[contender]]);
  return { name, title: workload.title, outcomes: Object.fromEntries(inOrder) };
}

/** @param {{ workload: string, contender: string, scale: number }} job @param {Workload} workload @param {string} base */
async function runInOwnDirectory(job, workload, base) {
  const directory = await mkdtemp(join(base, "data-"));
  try {
    const outcome = await runJob({ ...job, directory, part: "run" });
    if (!workload.needsEmpty || !("figures" in outcome)) return outcome;
    return aboveEmpty(outcome.figures, await runJob({ ...job, directory, part: "empty" }));
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** @param {Figures} figures @param {Outcome} empty @returns {Outcome} */
function aboveEmpty(figures, empty) {
  if (!("figures" in empty)) return empty;
  const peak = figures["peak memory"];
  const base = empty.figures["peak memory"];
  if (peak?.kind !== "amount" || base?.kind !== "amount") return { failed: "no peak of memory was measured" };
  return { figures: { ...figures, "peak above empty": bytes(peak.value - base.value) } };
}

/** The outcome of the better round; a failure in any of them stays one. @param {string} figure @param {Outcome | undefined} first @param {Outcome} second @returns {Outcome} */
function better(figure, first, second) {
  if (!first || !("figures" in second)) return second;
  if (!("figures" in first)) return first;
  return costOf(second.figures[figure]) < costOf(first.figures[figure]) ? second : first;
}

/** @param {import("../measure/figures.mjs").Figure | undefined} figure */
function costOf(figure) {
  if (figure?.kind === "latency") return figure.p50;
  if (figure?.kind === "amount") return figure.unit === "per second" ? -figure.value : figure.value;
  return Number.POSITIVE_INFINITY;
}
