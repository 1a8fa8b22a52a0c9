/** A task graph's log in the simplest way: every run as the list of all its events. */
import type { TaskGraphRun } from "../../src/compat/task-graph/run-list.js";
import type { TaskGraphEvent } from "../../src/types.js";

interface PlainRun {
  readonly parent: number | null;
  readonly forkedAt: number | null;
  /** All of its events, those of its parent and pruned ones too. */
  readonly events: TaskGraphEvent[];
}

/** See above. */
export class PlainLog {
  readonly #runs: PlainRun[] = [{ parent: null, forkedAt: null, events: [] }];
  /** Each event's run. */
  readonly #owners = new Map<TaskGraphEvent, number>();
  /** Everything that is kept, in the order in which it came. */
  kept: TaskGraphEvent[] = [];

  /** The number of the current run. */
  get current(): number {
    return this.#runs.length;
  }

  append(event: TaskGraphEvent): void {
    const lastId = this.#runAt(this.current).events.at(-1)?.sequenceId ?? 0;
    if (event.sequenceId <= lastId) this.#runs.push(this.#runFrom(event.sequenceId));
    this.#runAt(this.current).events.push(event);
    this.#owners.set(event, this.current);
    this.kept.push(event);
  }

  /** The retained events of a run. */
  eventsOf(run: number = this.current): TaskGraphEvent[] {
    const kept = new Set(this.kept);
    return (this.#runs[run - 1]?.events ?? []).filter((event) => kept.has(event));
  }

  /** All events of the current run, pruned ones too. */
  wholeRun(): readonly TaskGraphEvent[] {
    return this.#runAt(this.current).events;
  }

  replay(from: number, limit?: number, run?: number): TaskGraphEvent[] {
    return this.eventsOf(run)
      .filter(({ sequenceId }) => sequenceId >= from)
      .slice(0, limit);
  }

  prune(before: number): number {
    const retained = this.eventsOf();
    const left = retained.filter(({ sequenceId }) => sequenceId >= before);
    const count = retained.length - left.length;
    if (count > 0) this.kept = left[0] ? this.kept.slice(this.kept.indexOf(left[0])) : [];
    return count;
  }

  runs(): TaskGraphRun[] {
    if (this.#owners.size === 0) return [];
    const oldest = this.#owners.get(this.kept[0] as TaskGraphEvent) ?? this.current;
    const runs = this.#runs.map(({ parent: before, forkedAt }, index): TaskGraphRun => {
      const parent = before === null || before < oldest ? null : before;
      const own = this.kept.filter((event) => this.#owners.get(event) === index + 1);
      const isCurrent = index + 1 === this.current;
      const [first, last] = [endOf(own[0]), endOf(own.at(-1))];
      return { run: index + 1, parent, forkedAt, eventCount: own.length, first, last, isCurrent };
    });
    return runs.filter(({ eventCount, isCurrent }) => eventCount > 0 || isCurrent);
  }

  /** The run that an event with `id` begins: with nothing where that is before everything that is retained. */
  #runFrom(id: number): PlainRun {
    const oldest = this.eventsOf()[0]?.sequenceId;
    if (oldest === undefined || id < oldest) return { parent: null, forkedAt: null, events: [] };
    const events = this.#runAt(this.current).events.filter(({ sequenceId }) => sequenceId < id);
    const shared = events.at(-1);
    if (shared === undefined) return { parent: null, forkedAt: null, events };
    return { parent: this.#owners.get(shared) ?? null, forkedAt: id - 1, events };
  }

  #runAt(run: number): PlainRun {
    const found = this.#runs[run - 1];
    if (found === undefined) throw new RangeError(`no run ${run}`);
    return found;
  }
}

function endOf(event: TaskGraphEvent | undefined): TaskGraphRun["first"] {
  return event === undefined ? null : { sequenceId: event.sequenceId, timestamp: event.timestamp };
}
