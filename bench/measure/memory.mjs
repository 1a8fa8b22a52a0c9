/**
 * Memory and garbage collection while something runs.
 *
 * Constraints: the peak is the kernel's own high-water mark of the resident set, which no sampling misses; a heap's peak has to be sampled,
 * and the caller does so after each call that is likely to leave much. Garbage-collection time is the sum of V8's own entries.
 */
import { readFileSync } from "node:fs";
import { constants, PerformanceObserver } from "node:perf_hooks";
import { setImmediate as nextTurn } from "node:timers/promises";
import { getHeapStatistics } from "node:v8";
import { bytes, milliseconds } from "./figures.mjs";

/** The kind of a collection of the whole heap. */
const MAJOR = constants.NODE_PERFORMANCE_GC_MAJOR;

export class MemoryWatch {
  #heapPeak = 0;
  #nativePeak = 0;
  #gc = { all: 0, major: 0 };
  #observer = new PerformanceObserver((list) => this.#add(list.getEntries()));

  constructor() {
    this.#observer.observe({ entryTypes: ["gc"] });
  }

  /** Looks at the heap. */
  sample() {
    const {
      used_heap_size: heap,
      external_memory: external,
      malloced_memory: malloced,
    } = getHeapStatistics();
    this.#heapPeak = Math.max(this.#heapPeak, heap);
    this.#nativePeak = Math.max(this.#nativePeak, external + malloced);
  }

  /** Ends watching; what stays is measured after a full collection. */
  async figures() {
    this.sample();
    // Entries are delivered in a later turn.
    await nextTurn();
    this.#add(this.#observer.takeRecords());
    this.#observer.disconnect();
    const peak = peakResidentSet();
    globalThis.gc?.();
    const steady = process.memoryUsage();
    return {
      ...{
        "peak memory": bytes(peak),
        "peak heap": bytes(this.#heapPeak),
        "peak external": bytes(this.#nativePeak),
      },
      ...{ "steady memory": bytes(steady.rss), "steady heap": bytes(steady.heapUsed) },
      ...{ "gc time": milliseconds(this.#gc.all), "major gc time": milliseconds(this.#gc.major) },
    };
  }

  /** @param {readonly import("node:perf_hooks").PerformanceEntry[]} entries */
  #add(entries) {
    for (const entry of entries) {
      const { duration, detail } = /** @type {{ duration: number, detail?: { kind?: number } }} */ (entry);
      this.#gc.all += duration;
      if (detail?.kind === MAJOR) this.#gc.major += duration;
    }
  }
}

/**
 * The largest resident set that this program had, in bytes. Where Linux tells it, not `getrusage`: that one's mark is inherited from the process
 * that started this one, which may have been larger.
 */
export function peakResidentSet() {
  return statusField("VmHWM") ?? process.resourceUsage().maxRSS * 1024;
}

/** How many threads this process has; `undefined` where that is not told. */
export function threadCount() {
  return statusField("Threads");
}

/** A field of this process's status in bytes or as it stands, where there is such a file. @param {string} name */
function statusField(name) {
  try {
    const found = new RegExp(`^${name}:\\s*(\\d+)( kB)?`, "m").exec(
      readFileSync("/proc/self/status", "utf8"),
    );
    return found ? Number(found[1]) * (found[2] ? 1024 : 1) : undefined;
  } catch {
    return undefined;
  }
}
