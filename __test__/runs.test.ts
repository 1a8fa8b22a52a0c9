/** Which events a run consists of, as a pure question: the log's answers rest on this. */
import { describe, expect, it } from "vitest";
import {
  behindState,
  countEvents,
  FIRST_RUN,
  findSequence,
  prunedWhole,
  type RunTable,
  steppedBack,
  within,
} from "../src/compat/runs.js";

const OPEN = Number.POSITIVE_INFINITY;

/** 1–500, 501–520 superseded, then 501–503 and, after a gap, 510. */
const forked: RunTable = [
  { leastId: 1, from: 1, until: 501 },
  { leastId: 501, from: 521, until: OPEN },
];

function idAtOf(ids: Readonly<Record<number, number>>): (sequence: number) => number | undefined {
  return (sequence) => ids[sequence] ?? (sequence <= 500 ? sequence : undefined);
}

const idAt = idAtOf({ 521: 501, 522: 502, 523: 503, 524: 510 });
const whole = within(forked, 1, 525);

describe("findSequence", () => {
  it.each([
    ["the first event", 1, 1],
    ["below the first", -5, 1],
    ["inside the first segment", 77, 77],
    ["the end of the first segment", 500, 500],
    ["the fork's first event, not the superseded one", 501, 521],
    ["behind the fork", 503, 523],
    ["in a gap: the event behind it", 504, 524],
    ["the event behind the gap", 510, 524],
    ["behind the last", 511, undefined],
    ["far behind the last", Number.MAX_SAFE_INTEGER, undefined],
    ["infinitely far", Number.POSITIVE_INFINITY, undefined],
    ["before everything", Number.NEGATIVE_INFINITY, 1],
  ])("%s", (_name, id, sequence) => {
    expect(findSequence(whole, id, idAt)).toBe(sequence);
  });

  it("finds nothing where there is nothing", () => {
    expect(findSequence([], 1, idAt)).toBeUndefined();
  });

  it("reads one event where there is no gap", () => {
    let reads = 0;
    const counted = (sequence: number) => {
      reads += 1;
      return sequence;
    };
    expect(findSequence(within(FIRST_RUN, 1, 1_000_001), 654_321, counted)).toBe(654_321);
    expect(reads).toBe(1);
  });

  it("reads a few where every event is behind a gap", () => {
    let reads = 0;
    const counted = (sequence: number) => {
      reads += 1;
      return sequence * 3;
    };
    expect(findSequence(within(FIRST_RUN, 1, 1_000_001), 600_001, counted)).toBe(200_001);
    expect(reads).toBeLessThan(25);
  });

  it("goes to the next segment where what is left of one is too small", () => {
    const gapped = within([{ leastId: 1, from: 1, until: 4 }, ...forked.slice(1)], 1, 525);
    expect(findSequence(gapped, 400, (sequence) => (sequence < 4 ? sequence : idAt(sequence)))).toBe(521);
  });

  it("passes over events that were pruned meanwhile", () => {
    expect(findSequence(whole, 250, (sequence) => (sequence < 300 ? undefined : sequence))).toBe(250);
    expect(findSequence(whole, 503, (sequence) => (sequence < 523 ? undefined : 503))).toBe(523);
  });
});

describe("within", () => {
  it("cuts off what was pruned and what is not there yet", () => {
    expect(within(forked, 100, 525)).toStrictEqual([
      { leastId: 100, from: 100, until: 501 },
      { leastId: 501, from: 521, until: 525 },
    ]);
    expect(within(forked, 510, 523)).toStrictEqual([{ leastId: 501, from: 521, until: 523 }]);
    expect(within(forked, 523, 525)).toStrictEqual([{ leastId: 503, from: 523, until: 525 }]);
    expect(within(forked, 1, 1)).toStrictEqual([]);
  });

  it("counts events of the run and no superseded ones", () => {
    expect(countEvents(whole)).toBe(504);
    expect(countEvents(within(forked, 490, 522))).toBe(12);
  });
});

describe("changes of the table", () => {
  it("a step back cuts off what is superseded", () => {
    expect(steppedBack(within(FIRST_RUN, 1, 521), 501, 501, 521)).toStrictEqual(forked);
  });

  it("a step back into an earlier segment drops the later one", () => {
    expect(steppedBack(whole, 100, 100, 525)).toStrictEqual([
      { leastId: 1, from: 1, until: 100 },
      { leastId: 100, from: 525, until: OPEN },
    ]);
  });

  it("a restart leaves nothing of the run before", () => {
    expect(steppedBack(whole, 1, 1, 525)).toStrictEqual([{ leastId: 1, from: 525, until: OPEN }]);
  });

  it("what lies behind a kept state's segment is dropped", () => {
    expect(behindState(forked, 0)).toStrictEqual(forked);
    expect(behindState(forked, 500)).toStrictEqual(forked);
    expect(behindState(forked, 521)).toStrictEqual(forked.slice(1));
  });

  it("a run that was pruned whole goes on behind its last event", () => {
    const open = { leastId: 511, from: 525, until: OPEN };
    const left = prunedWhole(forked, 510, 524);
    expect(left).toStrictEqual([...within(forked, 0, 525), open]);
    expect(prunedWhole(left, 510, 524)).toStrictEqual(left);
  });
});
