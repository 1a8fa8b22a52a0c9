/** Reading a run while others write: what changes between two calls of the engine must never mix runs. */
import { expect, it } from "vitest";
import type { NativeColumnWalk, NativeReplay, NativeStore } from "../src/binding.js";
import { encodeCopy } from "../src/codec/index.js";
import { RunReader } from "../src/compat/task-graph/run-reader.js";
import { encodeRunTable } from "../src/compat/task-graph/run-table.js";
import { event } from "./support/runtime-shapes.js";

/** 1 2 3, then 4 and 5, which the fork 4* 5* supersedes. */
const ids = [1, 2, 3, 4, 5, 4, 5];
const forked = encodeRunTable({
  stream: 1,
  number: 2,
  oldest: 1,
  segments: [
    { leastId: 1, from: 1, until: 4 },
    { leastId: 4, from: 6, until: Number.POSITIVE_INFINITY },
  ],
});

/** An engine in which `between` happens after so many replays were begun. */
function engineOf(
  state: { first: number; last: number; table: Buffer | null },
  between: (call: string) => void,
) {
  /** The events of a replay, one a batch. */
  const stepped = (from: number, limit: number) => {
    between("replay");
    let next = Math.max(from, state.first);
    const until = Math.min(next + limit, state.last + 1);
    return () => {
      if (next >= until) return null;
      const slab = encodeCopy(event(ids[next - 1] ?? 0, `@${next}`));
      next += 1;
      return { slab, firstSequence: next - 1, ends: Uint32Array.of(slab.length) };
    };
  };
  const replay = (from: number, _stream: string, limit = Infinity): NativeReplay => {
    const step = stepped(from, limit);
    const facts = { positions: new Float64Array(1), timestamps: new Float64Array(1) };
    const next = () => {
      const batch = step();
      return batch && { ...batch, ...facts };
    };
    return { next, end: () => undefined };
  };
  const replayColumns = (from: number, _stream: string, limit = Infinity): NativeColumnWalk => {
    const step = stepped(from, limit);
    const texts = { text: "", ends: new Uint32Array() };
    const next = () => {
      const batch = step();
      if (batch === null) return null;
      const { firstSequence, ...bytes } = batch;
      return { firstSequence, count: 1, texts, groups: [], whole: { rows: Uint32Array.of(0), ...bytes } };
    };
    return { next, end: () => undefined };
  };
  const streamPlace = (): Float64Array => {
    between("streamPlace");
    return Float64Array.of(1, state.first, state.last);
  };
  const native = {
    replay,
    replayColumns,
    streamPlace,
    internal: () => state.table,
  } as unknown as NativeStore;
  return new RunReader({ native, directory: "/s", maxRecordBytes: 1000 }, "task-graph");
}

it("events of a later segment do not stand in for pruned ones of an earlier one", () => {
  const state = { first: 1, last: 7, table: forked };
  const reader = engineOf(state, (call) => {
    // Once the run was looked at, another writer prunes its first segment.
    if (call === "replay") state.first = 6;
  });
  expect(reader.replay(1, Infinity).map(({ id }) => id)).toStrictEqual(["event-4@6", "event-5@7"]);
});

it("an event that was pruned has no sequenceId, although others follow", () => {
  const reader = engineOf({ first: 6, last: 7, table: forked }, () => {});
  expect(reader.readableIdAt(2)).toBeUndefined();
  expect(reader.nextPlace(2, 4)).toBeUndefined();
  expect(reader.nextPlace(2, 8)).toStrictEqual({ sequence: 6, id: 4 });
  expect(reader.readableIdAt(6)).toBe(4);
});

it("the table and the end are of one moment: a fork that comes between is seen", () => {
  const state = { first: 1, last: 5, table: null as Buffer | null };
  let isForked = false;
  const reader = engineOf(state, (call) => {
    if (call !== "streamPlace" || isForked) return;
    isForked = true;
    Object.assign(state, { last: 7, table: forked });
  });
  expect(reader.replay(1, Infinity).map(({ sequenceId }) => sequenceId)).toStrictEqual([1, 2, 3, 4, 5]);
  expect(reader.tail()).toStrictEqual({ lastSequence: 7, lastId: 5 });
});
