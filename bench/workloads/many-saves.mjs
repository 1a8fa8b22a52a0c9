/**
 * (e) 100,000 checkpoints of 20 kB from 50 agents: what the last thousand cost against the first.
 *
 * Constraints: the first and the last thousand are saved one at a time, what lies between many at once; some saves before warm the code up.
 * Today's storage is not here: it rewrites its index at each save, so its cost for all of them grows with the square of their number, and hours would not
 * do. Its cost for 2,000 is measured with the others'.
 */
import { smallCheckpoints } from "../data/small-checkpoints.mjs";
import { bytesOnDisk } from "../measure/disk.mjs";
import { bytes, ratio } from "../measure/figures.mjs";
import { Latencies } from "../measure/latencies.mjs";
import { openCheckpoints } from "./saves.mjs";

/** @typedef {import("../contenders/contract.mjs").Checkpoint} Checkpoint */
/** @typedef {import("../contenders/contract.mjs").CheckpointStore} CheckpointStore */

const WARM_UP = 200;
const CHUNK = 1000;

/** The next so many of what an iterator gives. @param {Iterator<Checkpoint>} iterator @param {number} count */
function* take(iterator, count) {
  for (let taken = 0; taken < count; taken += 1) {
    const { value, done } = iterator.next();
    if (done) return;
    yield value;
  }
}

/** @param {CheckpointStore} store @param {Iterable<Checkpoint>} checkpoints */
async function saveEach(store, checkpoints) {
  const latencies = new Latencies();
  for (const checkpoint of checkpoints) await latencies.timeLater(() => store.save(checkpoint));
  return latencies.summary();
}

/** @type {import("./contract.mjs").Workload} */
export const workload = {
  title: "Save 100,000 checkpoints of 20 kB from 50 agents: the first thousand and the last",
  contenders: ["ours", "better-sqlite3"],
  parts: {
    async run(contender, context) {
      const [all, measured] = [context.count(100_000, 1000), context.count(1000, 100)];
      const checkpoints = smallCheckpoints({ count: WARM_UP + all, bytes: 20_000, agents: 50 });
      const store = await openCheckpoints(contender, context.directory);
      await saveEach(store, take(checkpoints, WARM_UP));
      const first = await saveEach(store, take(checkpoints, measured));
      for (let left = all - 2 * measured; left > 0; left -= CHUNK) {
        await store.saveAll(take(checkpoints, Math.min(left, CHUNK)));
      }
      const last = await saveEach(store, checkpoints);
      await store.close();
      const cost = {
        "last against first": ratio(last.p50 / first.p50),
        "in the mean": ratio(last.mean / first.mean),
      };
      return {
        "first saves": first,
        "last saves": last,
        ...cost,
        disk: bytes(await bytesOnDisk(context.directory)),
      };
    },
  },
};
