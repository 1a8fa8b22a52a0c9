/**
 * What the machine allows: the same bytes, encoded by msgpackr, into a preallocated file. Nothing of it can be found again.
 */
import { closeSync, fdatasyncSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { Packr } from "msgpackr";

const PREALLOCATED = 64 * 1024 * 1024;

/** @type {import("./contract.mjs").Contender} */
export const contender = {
  note: "msgpackr and fs.writeSync into a preallocated file",
  modes: { background: "fs.writeSync", sync: "fs.writeSync, fs.fdatasyncSync" },

  events(directory, mode) {
    const packr = new Packr({ useRecords: false });
    const fd = preallocate(join(directory, "floor.bin"));
    let position = 0;
    /** @param {import("../engine.mjs").TaskGraphEvent} event */
    const append = (event) => {
      const bytes = packr.pack(event);
      writeSync(fd, bytes, 0, bytes.length, position);
      position += bytes.length;
      if (mode === "sync") fdatasyncSync(fd);
    };
    return { append, replay: () => [], close: () => closeSync(fd) };
  },
};

/** A file whose blocks are there, so that neither a write nor a sync has to find any. @param {string} path */
function preallocate(path) {
  const fd = openSync(path, "w+");
  const zeros = Buffer.alloc(1024 * 1024);
  for (let at = 0; at < PREALLOCATED; at += zeros.length) writeSync(fd, zeros, 0, zeros.length, at);
  fdatasyncSync(fd);
  return fd;
}
