/**
 * What a part of a workload gets: where its data lies, how large it is to be, and other processes.
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { runJob } from "./job.mjs";

/** @typedef {import("../measure/figures.mjs").Figures} Figures */

export class Context {
  #job;

  /** @param {import("./job.mjs").Job} job */
  constructor(job) {
    this.#job = job;
  }

  /** Where this contender's data lies. */
  get directory() {
    return this.#job.directory;
  }

  /** What the part that started this one passed on. */
  get input() {
    return this.#job.input;
  }

  /** Whether this process is killed when the part has ended. */
  get isKilled() {
    return this.#job.isKilled === true;
  }

  /** Makes a directory below. @param {string} name */
  async subdirectory(name) {
    const path = join(this.#job.directory, name);
    await mkdir(path, { recursive: true });
    return path;
  }

  /**
   * How many of something there are at this scale.
   *
   * @param {number} full as the workload is described
   * @param {number} [least] what makes sense at all
   */
  count(full, least = 10) {
    return Math.max(least, Math.round(full * Math.min(1, this.#job.scale)));
  }

  /**
   * Runs another part of the same workload for the same contender in a fresh process.
   *
   * @param {string} part
   * @param {{ directory?: string, input?: unknown, isKilled?: boolean }} [options]
   * @returns {Promise<Figures>}
   */
  async fresh(part, options = {}) {
    const outcome = await runJob({ ...this.#job, isKilled: false, ...options, part });
    if ("figures" in outcome) return outcome.figures;
    throw new Error(`${part}: ${"failed" in outcome ? outcome.failed : outcome.skipped}`);
  }
}
