/**
 * Rehydration and time travel against a fold in plain TypeScript, over random events, prunes, restarts, forks and gaps.
 *
 * The bugs it would catch: an effect that the table does not have; a state of a superseded run, or one that counts an event twice or not at all; an
 * event that is pruned before a state stands for it; a retained event whose state cannot be had, also of a run that was superseded; a gap that is not told, or told too long.
 */
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, it } from "vitest";
import { NativeTaskGraphEventLog } from "../src/compat/task-graph/native-task-graph-event-log.js";
import { StorageEngine } from "../src/engine.js";
import type { TaskGraphEvent } from "../src/types.js";
import { newDirectory } from "./support/directories.js";
import { randomGraphEvent } from "./support/graph-events.js";
import { printFigures, seeds, timeoutOf } from "./support/long-run.js";
import { plainState } from "./support/plain-graph.js";
import { SeededRandom } from "./support/seeded-random.js";

const LIVES = 25;
const STEPS = 40;

/** Sequences of events that follow each other in one log, as runs. */
const RUNS = 300;
const RUNS_IN_A_LOG = 2000;

it("has the state of the table at every moment", { timeout: timeoutOf(300_000) }, async () => {
  const figures = { graph_sequences: 0, graph_states: 0 };
  for (const seed of seeds(1, LIVES)) {
    const life = new Life(seed);
    for (let step = 0; step < STEPS; step += 1) await life.step(`TEST_SEED=${seed} step ${step}`);
    figures.graph_states += life.compare(`TEST_SEED=${seed} at the end`);
    await life.log.close();
    figures.graph_sequences += 1;
  }
  printFigures(figures);
});

it("has the state of the table at the end of every run", { timeout: timeoutOf(300_000) }, async () => {
  const figures = { graph_sequences: 0, graph_states: 0 };
  let life: Life | undefined;
  for (const seed of seeds(1, RUNS)) {
    if (seed % RUNS_IN_A_LOG === 0) await life?.log.close();
    if (life === undefined || seed % RUNS_IN_A_LOG === 0) life = new Life(seed);
    figures.graph_states += await life.playRun(seed, `TEST_SEED=${seed}`);
    figures.graph_sequences += 1;
  }
  await life?.log.close();
  printFigures(figures);
});

/** A run that was superseded. */
interface EarlierRun {
  readonly run: number;
  readonly events: readonly TaskGraphEvent[];
  /** How many events had been appended in all when it ended. */
  readonly end: number;
}

/** Looking further back takes longer the further it goes. */
const RUNS_LOOKED_BACK = 5;

class Life {
  #random: SeededRandom;
  readonly #rootDir = newDirectory();
  log: NativeTaskGraphEventLog;
  /** All events of the current run, pruned ones too. */
  #run: TaskGraphEvent[] = [];
  /** How many of them are pruned. */
  #pruned = 0;
  /** How many events were appended before each one. */
  readonly #places = new Map<TaskGraphEvent, number>();
  /** The place of the oldest one that is retained. */
  #watermark = 0;
  /** The number of the current run. */
  #number = 1;
  #earlier: EarlierRun[] = [];

  constructor(seed: number) {
    this.#random = new SeededRandom(seed);
    this.log = this.#open();
  }

  #open(): NativeTaskGraphEventLog {
    return new NativeTaskGraphEventLog({ rootDir: this.#rootDir });
  }

  async step(at: string): Promise<void> {
    const kind = this.#random.below(100);
    if (kind < 70) this.#append();
    else if (kind < 78) this.#prune(at);
    else if (kind < 84) await this.#letItKeep();
    else if (kind < 88) await this.#maintain();
    else if (kind < 92) await this.#reopen();
    else this.compare(at);
  }

  /** A restart, and some events of a run; how many states were compared. */
  async playRun(seed: number, at: string): Promise<number> {
    this.#random = new SeededRandom(seed);
    this.#supersede(1);
    for (let step = this.#random.below(15); step >= 0; step -= 1) {
      const kind = this.#random.below(10);
      if (kind < 8) this.#append();
      else if (kind < 9) this.#prune(at);
      else await this.#letItKeep();
    }
    return this.compare(at, 3);
  }

  #append(): void {
    const last = this.#run.at(-1)?.sequenceId ?? 0;
    const kind = this.#random.below(40);
    if (kind === 0) this.#supersede(1);
    else if (kind === 1) this.#supersede(1 + this.#random.below(last + 1));
    else if (kind === 2) this.#supersede(Math.max(1, last - this.#random.below(4)));
    else if (kind === 3) this.#appendOne(last + 2 + this.#random.below(5));
    for (let count = this.#random.below(6); count >= 0; count -= 1) {
      this.#appendOne((this.#run.at(-1)?.sequenceId ?? 0) + 1);
    }
  }

  #appendOne(sequenceId: number): void {
    const event = randomGraphEvent(this.#random, sequenceId);
    expect(this.log.append(event)).toBe(sequenceId);
    this.#run.push(event);
    this.#places.set(event, this.#places.size);
  }

  /** The next event is to be the one with `id`. */
  #supersede(id: number): void {
    const left = this.#run.filter(({ sequenceId }) => sequenceId < id);
    const retained = this.#run.slice(this.#pruned);
    const oldest = retained[0]?.sequenceId ?? Number.POSITIVE_INFINITY;
    const isContinuation = left.length === this.#run.length;
    if (!isContinuation) {
      const ended = { run: this.#number, events: this.#run, end: this.#places.size };
      this.#earlier = [...this.#earlier, ended].slice(-RUNS_LOOKED_BACK);
      this.#number += 1;
    }
    // Behind the oldest retained event nothing is known any more.
    if (!isContinuation && (id < oldest || this.#pruned === this.#run.length)) {
      this.#run = [];
      this.#pruned = 0;
    } else this.#run = left;
    this.#appendOne(id);
  }

  #prune(at: string): void {
    const first = this.#run[this.#pruned]?.sequenceId ?? 1;
    const before = this.#random.below(6) === 0 ? Number.MAX_SAFE_INTEGER : first + this.#random.below(12);
    const pruned = this.#run.filter(({ sequenceId }) => sequenceId < before).length;
    const count = Math.max(0, pruned - this.#pruned);
    expect(this.log.prune(before), at).toBe(count);
    this.#pruned += count;
    if (count > 0) this.#watermark = this.#placeOf(this.#run[this.#pruned]);
  }

  #placeOf(event: TaskGraphEvent | undefined): number {
    return this.#places.get(event as TaskGraphEvent) ?? this.#places.size;
  }

  /** Keeping a state takes some turns; not waiting for it is the other case. */
  async #letItKeep(): Promise<void> {
    for (let turn = 0; turn < 3; turn += 1) await nextTurn();
    await this.log.flush();
  }

  async #maintain(): Promise<void> {
    if (this.#places.size === 0) return;
    const engine = await StorageEngine.open(join(this.#rootDir, "engine"));
    await engine.compact();
    await engine.close();
  }

  async #reopen(): Promise<void> {
    await this.log.close();
    this.log = this.#open();
  }

  /** Compares the states of `most` retained moments, the last one among them, and of a run before; how many there were. */
  compare(at: string, most: number = Number.POSITIVE_INFINITY): number {
    if (this.#places.size === 0) {
      expect(this.log.rehydrate(), at).toBeNull();
      return 1;
    }
    const retained = this.#run.slice(this.#pruned);
    expect(this.log.rehydrate(), at).toStrictEqual(
      plainState("task-graph", this.#run, retained, this.#number),
    );
    const compared = this.#compareMoments(this.#run, this.#pruned, most, at, this.#number);
    const first = retained[0]?.sequenceId ?? 1;
    const last = this.#run.at(-1)?.sequenceId ?? 0;
    if (first > 1) expect(this.log.stateAt(first - 1), at).toBeNull();
    expect(this.log.stateAt(last + 1), at).toBeNull();
    return compared + 1 + this.#compareEarlier(Math.min(most, 3), at);
  }

  #compareEarlier(most: number, at: string): number {
    if (this.#earlier.length === 0) return 0;
    const { run, events, end } = this.#random.pick(this.#earlier);
    const where = `${at}, run ${run}`;
    const retained = events.filter((event) => this.#placeOf(event) >= this.#watermark);
    const isLeft = end > this.#watermark;
    const expected = isLeft ? plainState("task-graph", events, retained, run) : null;
    expect(this.log.rehydrate({ run }), where).toStrictEqual(expected);
    return isLeft ? 1 + this.#compareMoments(events, events.length - retained.length, most, where, run) : 1;
  }

  /** Compares the states after the last `most` of a run's retained events. */
  #compareMoments(
    events: readonly TaskGraphEvent[],
    pruned: number,
    most: number,
    at: string,
    run: number,
  ): number {
    const retained = events.slice(pruned);
    const moments = [...retained.entries()].slice(-most);
    for (const [index, { sequenceId }] of moments) {
      const expected = plainState(
        "task-graph",
        events.slice(0, pruned + index + 1),
        retained.slice(0, index + 1),
        run,
      );
      const options = run === this.#number && this.#random.below(2) === 0 ? undefined : { run };
      expect(this.log.stateAt(sequenceId, options), `${at}, state at ${sequenceId}`).toStrictEqual(expected);
    }
    return moments.length;
  }
}
