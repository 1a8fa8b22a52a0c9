/**
 * How far long work is, for a person who waits for it.
 *
 * Constraints: shown on standard error and only where that is a terminal; a log file or a pipe sees nothing of it. It is gone when the work is over, so that only results remain.
 */
import { SingleBar } from "cli-progress";
import type { Progress } from "../long-call.js";
import { count, size } from "./text.js";

/** Does `work`, which tells its progress, under a bar with a `title`; without one where there is no `stream`. */
export async function withProgress<T>(
  title: string,
  stream: NodeJS.WriteStream | undefined,
  work: (tell: (progress: Progress) => void) => Promise<T>,
): Promise<T> {
  if (!stream?.isTTY) return work(() => {});
  const bar = new SingleBar({
    stream,
    format: `${title} {bar} {percentage} % of {size}`,
    barsize: 30,
    barCompleteChar: "█",
    barIncompleteChar: "░",
    clearOnComplete: true,
    // A process that is killed cannot put back what it changed about the terminal, and signals are not this module's affair.
    hideCursor: false,
    linewrap: true,
    gracefulExit: false,
  });
  bar.start(1, 0, { size: "…" });
  try {
    return await work(({ done, total, unit }) => {
      bar.setTotal(Math.max(total, 1));
      bar.update(done, { size: unit === "bytes" ? size(total) : `${count(total)} ${unit}` });
    });
  } finally {
    bar.stop();
  }
}
