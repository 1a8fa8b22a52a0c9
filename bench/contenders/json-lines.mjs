/**
 * A file of JSON lines, as everybody begins.
 */
import {
  closeSync,
  fdatasync,
  fdatasyncSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { Gathering } from "./gathering.mjs";

/** @typedef {import("./contract.mjs").TaskGraphEvent} TaskGraphEvent */

const syncLater = promisify(fdatasync);

/** @type {import("./contract.mjs").Contender} */
export const contender = {
  note: "JSON.stringify and fs.writeSync at the end of the file",
  modes: {
    background: "fs.writeSync",
    sync: "fs.fdatasyncSync after each",
    shared: "one fs.fdatasync for all who wait",
  },

  events(directory, mode) {
    const path = join(directory, "events.jsonl");
    const fd = openSync(path, "a");
    /** @param {readonly TaskGraphEvent[]} events */
    const write = (events) => void writeSync(fd, events.map(lineOf).join(""));
    /** @type {Gathering<TaskGraphEvent>} */
    const shared = new Gathering((events) => {
      write(events);
      return syncLater(fd);
    });
    const appends = {
      background: (/** @type {TaskGraphEvent} */ event) => void writeSync(fd, lineOf(event)),
      sync: (/** @type {TaskGraphEvent} */ event) => {
        writeSync(fd, lineOf(event));
        fdatasyncSync(fd);
      },
      shared: (/** @type {TaskGraphEvent} */ event) => shared.add(event),
    };
    return {
      append: appends[mode],
      appendAll: write,
      replay: () => linesOf(path).map((line) => JSON.parse(line)),
      prune: (before) => prune(path, before),
      close: () => {
        fdatasyncSync(fd);
        closeSync(fd);
      },
    };
  },
};

/** @param {TaskGraphEvent} event */
function lineOf(event) {
  return `${JSON.stringify(event)}\n`;
}

/** @param {string} path */
function linesOf(path) {
  return readFileSync(path, "utf8").split("\n").slice(0, -1);
}

/** A file has no beginning that could be taken away: what is left is written anew. @param {string} path @param {number} before */
function prune(path, before) {
  const kept = linesOf(path).filter((line) => JSON.parse(line).sequenceId >= before);
  writeFileSync(`${path}.tmp`, kept.map((line) => `${line}\n`).join(""));
  renameSync(`${path}.tmp`, path);
}
