/** The pipe to the parent: each line is there when the call returns, whatever becomes of this process. */
import { writeSync } from "node:fs";

const PIPE = 3;

/** @param {import("../protocol.js").Line} line */
export function tell(line) {
  const bytes = Buffer.from(`${JSON.stringify(line)}\n`);
  for (let at = 0; at < bytes.length; ) at += writeSync(PIPE, bytes, at);
}

/** @param {string} what */
export function fault(what) {
  tell({ tell: "fault", what });
}
