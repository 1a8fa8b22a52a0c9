/**
 * What the child tells, and the bar that shows it in a terminal.
 */
import { SingleBar } from "cli-progress";
import { build } from "hdr-histogram-js";

import { STEPS } from "./run.mjs";

/** @typedef {{ call: "append", sequenceId: number, ms: number } | { call: "save", step: number, ms: number }} Told */

/** The calls that were accepted, and how long each took. */
export class Accepted {
  /** The highest sequence of an accepted event. */
  lastEvent = 0;
  /** The last step whose save was resolved. */
  lastStep = 0;
  /** Latencies in nanoseconds, by call. */
  latencies = { append: histogram(), save: histogram(), load: histogram() };

  /** @param {Told} told */
  note(told) {
    this.latencies[told.call].recordValue(Math.max(1, Math.round(told.ms * 1e6)));
    if (told.call === "append") this.lastEvent = Math.max(this.lastEvent, told.sequenceId);
    else this.lastStep = Math.max(this.lastStep, told.step);
  }

  /** @template T @param {() => Promise<T>} load @returns {Promise<T>} */
  async timeLoad(load) {
    const before = performance.now();
    const loaded = await load();
    this.latencies.load.recordValue(Math.max(1, Math.round((performance.now() - before) * 1e6)));
    return loaded;
  }
}

function histogram() {
  return build({ lowestDiscernibleValue: 1, highestTrackableValue: 60e9, numberOfSignificantValueDigits: 3 });
}

/** A bar over the run's steps; silent where nobody watches. */
export class StepBar {
  #bar = process.stdout.isTTY
    ? new SingleBar({ format: "  {bar} step {value} of {total}", hideCursor: true, barsize: 40 })
    : null;

  /** @param {number} step */
  start(step) {
    this.#bar?.start(STEPS, step);
  }

  /** @param {number} step */
  show(step) {
    this.#bar?.update(step);
  }

  stop() {
    this.#bar?.stop();
  }
}
