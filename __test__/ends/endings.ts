/** How each way of ending looks from outside. */
import type { Way } from "./protocol.js";

/** What a process has left beside its lines. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly output: string;
  readonly hung: boolean;
}

/** What a process that ends like this leaves. */
interface Ending {
  readonly codes?: readonly number[];
  readonly signal?: NodeJS.Signals;
  /** A part of what it prints; else nothing. */
  readonly prints?: string;
  readonly flags?: readonly string[];
}

/** What the process exits with when it closed everything, and when it exits while it is closing. */
const CLOSED = 0;
const CLOSING = 3;

/** What a process has that looks at its own descriptors: some are given back once something was collected. */
const COLLECTING = ["--expose-gc"];

const ENDINGS: Readonly<Record<Way, Ending>> = {
  kill: { signal: "SIGKILL" },
  exit: { codes: [7] },
  throw: { codes: [1], prints: "thrown on purpose" },
  reject: { codes: [1], prints: "rejected on purpose" },
  close: { codes: [CLOSED, CLOSING] },
  terminate: { codes: [CLOSED], flags: COLLECTING },
  "worker-exit": { codes: [CLOSED], flags: COLLECTING },
  "worker-throw": { codes: [CLOSED], flags: COLLECTING },
  // V8 tells of its last collections.
  "worker-heap": { codes: [CLOSED], prints: "", flags: COLLECTING },
  collect: { codes: [CLOSED], flags: COLLECTING },
  // V8's own abort: a signal, or this code where a system has none.
  heap: {
    signal: "SIGABRT",
    codes: [134],
    prints: "JavaScript heap out of memory",
    flags: ["--max-old-space-size=24"],
  },
};

/** What Node is started with. */
export function flagsOf(way: Way): readonly string[] {
  return ENDINGS[way].flags ?? [];
}

/** Whether everything accepted on the main thread is synced at the end. */
export function syncsAtItsEnd(way: Way): boolean {
  return way !== "kill" && way !== "heap";
}

/** Whether every call of the main thread was answered before this end. */
export function answersAll(way: Way, { code }: Ended): boolean {
  return code === CLOSED && ENDINGS[way].codes?.includes(CLOSED) === true;
}

/** What is wrong with an end. */
export function faultsOfEnd(way: Way, { code, signal, output, hung }: Ended): string[] {
  if (hung) return ["it never ended"];
  const { codes = [], signal: expectedSignal, prints } = ENDINGS[way];
  const faults: string[] = [];
  const isExpected = code === null ? signal === expectedSignal : codes.includes(code);
  if (!isExpected) faults.push(`it ended with ${code ?? signal}`);
  if (prints === undefined ? output !== "" : !output.includes(prints))
    faults.push("it printed something else");
  return faults;
}
