/** Which events a run consists of, as a pure question: the log's answers rest on this. */
import { describe, expect, it } from "vitest";
import {
  countEvents,
  findSequence,
  firstRun,
  type NextPlace,
  prunedWhole,
  type RunTable,
  runBefore,
  steppedBack,
  within,
  withoutPruned,
} from "../src/compat/task-graph/runs.js";

const OPEN = Number.POSITIVE_INFINITY;
const FIRST_RUN = firstRun(7);

/** 1–500, 501–520 superseded, then 501–503 and, after a gap, 510. */
const forked: RunTable = {
  stream: 7,
  number: 2,
  oldest: 1,
  segments: [
    { leastId: 1, from: 1, until: 501 },
    { leastId: 501, from: 521, until: OPEN },
  ],
};

/** Where the first event is from a place on, of those that have an id. */
function placesOf(idAt: (sequence: number) => number | undefined): NextPlace {
  return (from, until) => {
    for (let sequence = from; sequence < until; sequence += 1) {
      const id = idAt(sequence);
      if (id !== undefined) return { sequence, id };
    }
    return undefined;
  };
}

function idAtOf(ids: Readonly<Record<number, number>>): NextPlace {
  return placesOf((sequence) => ids[sequence] ?? (sequence <= 500 ? sequence : undefined));
}

const idAt = idAtOf({ 521: 501, 522: 502, 523: 503, 524: 510 });
const whole = within(forked.segments, 1, 525);

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
    const counted = placesOf((sequence) => {
      reads += 1;
      return sequence;
    });
    expect(findSequence(within(FIRST_RUN.segments, 1, 1_000_001), 654_321, counted)).toBe(654_321);
    expect(reads).toBe(1);
  });

  it("reads a few where every event is behind a gap", () => {
    let reads = 0;
    const counted = placesOf((sequence) => {
      reads += 1;
      return sequence * 3;
    });
    expect(findSequence(within(FIRST_RUN.segments, 1, 1_000_001), 600_001, counted)).toBe(200_001);
    expect(reads).toBeLessThan(25);
  });

  it("goes to the next segment where what is left of one is too small", () => {
    const gapped = within([{ leastId: 1, from: 1, until: 4 }, ...forked.segments.slice(1)], 1, 525);
    const next: NextPlace = (from, until) => (from < 4 ? { sequence: from, id: from } : idAt(from, until));
    expect(findSequence(gapped, 400, next)).toBe(521);
  });

  it("passes over events that cannot be read, whatever they are for", () => {
    const ids = (sequence: number) => (sequence <= 500 ? 500 + sequence : undefined);
    const without = (from: number, until: number) =>
      placesOf((sequence) => (sequence >= from && sequence < until ? undefined : ids(sequence)));
    const gapped = within([{ leastId: 1, from: 1, until: 101 }], 1, 101);
    expect(findSequence(gapped, 511, without(48, 53))).toBe(11);
    expect(findSequence(gapped, 560, without(48, 53))).toBe(60);
    // Among those that cannot be read it may be the first.
    expect(findSequence(gapped, 550, without(48, 53))).toBe(48);
    expect(findSequence(gapped, 590, without(90, 101))).toBe(90);
    expect(findSequence(gapped, 501, without(1, 101))).toBe(1);
  });
});

describe("within", () => {
  it("cuts off what was pruned and what is not there yet", () => {
    expect(within(forked.segments, 100, 525)).toStrictEqual([
      { leastId: 100, from: 100, until: 501 },
      { leastId: 501, from: 521, until: 525 },
    ]);
    expect(within(forked.segments, 510, 523)).toStrictEqual([{ leastId: 501, from: 521, until: 523 }]);
    expect(within(forked.segments, 523, 525)).toStrictEqual([{ leastId: 503, from: 523, until: 525 }]);
    expect(within(forked.segments, 1, 1)).toStrictEqual([]);
  });

  it("counts events of the run and no superseded ones", () => {
    expect(countEvents(whole)).toBe(504);
    expect(countEvents(within(forked.segments, 490, 522))).toBe(12);
  });
});

describe("changes of the table", () => {
  it("a step back cuts off what is superseded", () => {
    expect(steppedBack(FIRST_RUN, 501, 501, 521)).toStrictEqual(forked);
  });

  it("a step back into an earlier segment drops the later one", () => {
    expect(steppedBack(forked, 100, 100, 525)).toStrictEqual({
      stream: 7,
      number: 3,
      oldest: 1,
      segments: [
        { leastId: 1, from: 1, until: 100 },
        { leastId: 100, from: 525, until: OPEN },
      ],
    });
  });

  it("a restart leaves nothing of the run before", () => {
    const open = { leastId: 1, from: 525, until: OPEN };
    expect(steppedBack(forked, 1, 1, 525)).toStrictEqual({
      stream: 7,
      number: 3,
      oldest: 1,
      segments: [open],
    });
  });

  it("what lies behind a kept state's segment is dropped", () => {
    expect(withoutPruned(forked, 0, 1)).toStrictEqual(forked);
    expect(withoutPruned(forked, 500, 1)).toStrictEqual(forked);
    const left = { stream: 7, number: 2, oldest: 2, segments: forked.segments.slice(1) };
    expect(withoutPruned(forked, 521, 2)).toStrictEqual(left);
  });

  it("a run that was pruned whole goes on behind its last event", () => {
    const open = { leastId: 511, from: 525, until: OPEN };
    const left = prunedWhole(forked, 510, 524);
    expect(left).toStrictEqual({ ...forked, segments: [...within(forked.segments, 0, 525), open] });
    expect(prunedWhole(left, 510, 524)).toStrictEqual(left);
    // No larger one can be told.
    expect(prunedWhole(forked, Number.MAX_SAFE_INTEGER, 524).segments.at(-1)?.leastId).toBe(2 ** 53 - 1);
  });
});

describe("the run before", () => {
  const begun = (cut: number, from: number) => ({
    from,
    parent: 1,
    forkedAt: 1,
    superseded: within(forked.segments, cut, from),
  });

  it.each([
    ["a fork within the last segment", 523],
    ["a fork within an earlier one", 100],
    ["a fork at a segment's beginning", 521],
    ["a restart", 0],
  ])("is the same after %s", (_name, cut) => {
    const after = steppedBack(forked, cut, 7, 525);
    const before = runBefore(after.segments, begun(cut, 525));
    expect(sequencesOf(before)).toStrictEqual(sequencesOf(within(forked.segments, 0, 525)));
    // A part that was cut in two knows its least sequenceId all the same.
    expect(findSequence(before, 502, idAt)).toBe(522);
    expect(findSequence(before, 77, idAt)).toBe(77);
  });

  it("is found in where a segment with gaps was cut in two", () => {
    // 1, 5, 6, 10 and 11: where the fork cut, the bound is 4.
    const ids = idAtOf({ 1: 1, 2: 5, 3: 6, 4: 10, 5: 11 });
    const cut = { from: 6, parent: 1, forkedAt: 9, superseded: within(FIRST_RUN.segments, 4, 6) };
    const before = runBefore(steppedBack(FIRST_RUN, 4, 10, 6).segments, cut);
    expect(findSequence(before, 5, ids)).toBe(2);
  });

  it("is the same once the later one was pruned whole", () => {
    const after = prunedWhole(steppedBack(forked, 522, 502, 525), 505, 530);
    const before = runBefore(after.segments, begun(522, 525));
    expect(sequencesOf(before)).toStrictEqual(sequencesOf(within(forked.segments, 0, 525)));
  });
});

function sequencesOf(segments: RunTable["segments"]): number[] {
  return segments.flatMap(({ from, until }) =>
    Array.from({ length: until - from }, (_, index) => from + index),
  );
}
