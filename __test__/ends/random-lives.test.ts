/**
 * Random lives of one directory: a process works on it and ends in one of many ways, the next one opens it at once and must find everything that was
 * accepted, byte by byte, and nothing that keeps no order.
 *
 * The bugs it would catch: beside those of the ledger, a process that crashes or hangs at its end, a lock or a descriptor that outlives its thread or
 * handle, a sync that the end of a process leaves out, a call that is never answered, a recovery that cannot follow another one.
 */
import { rmSync } from "node:fs";
import { expect, it } from "vitest";

import { newDirectory } from "../support/directories.js";
import { printFigures, seeds, timeoutOf } from "../support/long-run.js";
import { Lives } from "./lives.js";
import type { Way } from "./protocol.js";

const FIRST_SEED = 1;

/** Each way of ending at least once in a directory, and what it counts as. */
const WAYS = {
  kill: "kills",
  exit: "exits",
  throw: "exits",
  reject: "exits",
  close: "exits",
  terminate: "terminations",
  "worker-exit": "terminations",
  "worker-throw": "terminations",
  "worker-heap": "heap_exhaustions",
  collect: "collections",
  heap: "heap_exhaustions",
} as const satisfies Record<Way, string>;

/** How many lives more a directory has, each of which is killed as often as not. */
const MORE_LIVES = 3;

it("every life finds what the ones before have accepted", { timeout: timeoutOf(300_000) }, async () => {
  const figures = { kills: 0, exits: 0, terminations: 0, collections: 0, heap_exhaustions: 0 };
  for (const seed of seeds(FIRST_SEED, 1)) {
    const directory = newDirectory();
    const lives = new Lives(directory, seed);
    for (const way of shuffled(lives)) {
      await lives.live(way);
      figures[WAYS[way]] += 1;
    }
    // The last one's leavings are seen by this one.
    await lives.live("close");
    rmSync(directory, { recursive: true });
  }
  printFigures(figures);
  expect(Object.values(figures).every((count) => count > 0)).toBe(true);
});

function shuffled({ random }: Lives): Way[] {
  const all = Object.keys(WAYS) as Way[];
  const more = Array.from({ length: MORE_LIVES }, () => (random.once(2) ? "kill" : random.pick(all)));
  return [...all, ...more]
    .map((way) => ({ way, place: random.next() }))
    .sort((left, right) => left.place - right.place)
    .map(({ way }) => way);
}
