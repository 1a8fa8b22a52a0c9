/** Much data, through every form in which it lies on disk. */
import { expect, it } from "vitest";
import type { StorageEngine } from "../../src/engine.js";
import { digest, noise } from "../support/bytes.js";
import { Scratch } from "../support/scratch.js";
import { SeededRandom, seedOfRun } from "../support/seeded-random.js";

const scratch = new Scratch();

const EVENTS = 10_000;
const CHECKPOINTS = 1000;

/** Everything a store holds. */
function contents(engine: StorageEngine): unknown {
  const streams = engine.streams().map(({ name }) => {
    const events = Array.from(engine.replayEvents(0, { stream: name }), ({ data, ...facts }) => ({
      ...facts,
      data: digest(data),
    }));
    return [name, events];
  });
  const checkpoints = Array.from(engine.checkpoints(), ({ storedBytes, ...info }) => {
    const data = engine.loadCheckpointSync(info.id);
    return { ...info, data: data && digest(data) };
  });
  return { streams, checkpoints };
}

it("comes back byte for byte after a flush, a compaction and a reopening", async () => {
  const seed = seedOfRun();
  process.stdout.write(`round trip: TEST_SEED=${seed}\n`);
  const random = new SeededRandom(seed);
  let engine = scratch.open();
  const events: string[] = [];
  for (let count = 0; count < EVENTS; count++) {
    const data = noise(random.below(2 ** 31), random.below(random.pick([10, 300, 2000])));
    events.push(digest(data));
    engine.appendEvent(data, count % 2 === 0 ? "even" : "odd/1");
  }
  const saved = new Map<string, string>();
  const saves: Promise<unknown>[] = [];
  const common = noise(seed, 20_000);
  for (let count = 0; count < CHECKPOINTS; count++) {
    const id = `agent/${random.below(CHECKPOINTS)}-${count % 50}`;
    const data = Buffer.concat([common, noise(random.below(2 ** 31), random.below(3000))]);
    saved.set(id, digest(data));
    saves.push(engine.saveCheckpoint(id, data, { lineage: `run ${count % 50}`, meta: noise(count, 20) }));
  }
  await Promise.all(saves);
  const before = contents(engine);
  await engine.compact();
  expect(contents(engine)).toEqual(before);
  expect(await engine.verify()).toMatchObject({ ok: true, events: EVENTS, checkpoints: saved.size });
  await engine.close();
  engine = scratch.open({ createIfMissing: false });
  expect(contents(engine)).toEqual(before);
  const digests = (stream: string) =>
    Array.from(engine.replayEvents(0, { stream }), ({ data }) => digest(data));
  expect(digests("even")).toEqual(events.filter((_, index) => index % 2 === 0));
  expect(digests("odd/1")).toEqual(events.filter((_, index) => index % 2 === 1));
  for (const { id } of engine.checkpoints()) {
    expect(digest(engine.loadCheckpointSync(id) ?? common)).toBe(saved.get(id));
  }
  expect(engine.stats()).toMatchObject({ events: EVENTS, checkpoints: saved.size, poisoned: false });
});
