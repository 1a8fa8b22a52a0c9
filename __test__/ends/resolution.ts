/**
 * Which of the operations that were called are there, given what is seen now.
 *
 * Each key shows after how many of its effects it may be seen like that. An operation on several keys is there on all or on none, so what one key says
 * narrows what the others may say, until nothing changes any more.
 */
import type { Key, Operation, Pending } from "./operation.js";
import { after, type State } from "./states.js";

interface Candidates {
  readonly name: string;
  readonly pending: readonly Pending[];
  readonly seen: State;
  readonly states: readonly State[];
  /** After how many effects the key may be seen as it is. */
  counts: number[];
}

export class Resolution {
  readonly #keys: Candidates[] = [];
  readonly #isThere = new Map<Operation, boolean>();

  add(name: string, key: Key, seen: State): void {
    const pending = name.startsWith("batch/") ? inOrderSeen(key.pending, seen) : key.pending;
    const states = [key.seen];
    for (const { operation, effect } of pending) states.push(after(states.at(-1), operation.mark, effect));
    const text = JSON.stringify(seen);
    const counts = states.flatMap((state, count) => (JSON.stringify(state) === text ? [count] : []));
    this.#keys.push({ name, pending, seen, states, counts });
  }

  /** Gives what does not fit. */
  settle(): string[] {
    const faults = new Map<string, string>();
    let narrowed: boolean;
    do {
      narrowed = false;
      for (const key of this.#keys) {
        if (faults.has(key.name)) continue;
        const before = `${key.counts} ${this.#isThere.size}`;
        const counts = key.counts.filter((count) => this.#fits(key, count));
        if (counts.length === 0) faults.set(key.name, this.#describe(key));
        key.counts = counts;
        this.#decide(key);
        narrowed ||= before !== `${key.counts} ${this.#isThere.size}`;
      }
    } while (narrowed);
    return [...faults.values()];
  }

  /** Whether so many effects of `key` are no contradiction. */
  #fits({ pending }: Candidates, count: number): boolean {
    const isCut = count > 0 && pending[count - 1]?.operation === pending[count]?.operation;
    if (isCut && count < pending.length) return false;
    return pending.every(({ operation }, index) => {
      const isThere = index < count;
      if (operation.accepted && !isThere) return false;
      return (this.#isThere.get(operation) ?? isThere) === isThere;
    });
  }

  /** Takes note of what all counts of `key` agree on. */
  #decide({ pending, counts }: Candidates): void {
    const [least, most] = [Math.min(...counts), Math.max(...counts)];
    for (const [index, { operation }] of pending.entries()) {
      if (index < least) this.#isThere.set(operation, true);
      else if (index >= most && counts.length > 0) this.#isThere.set(operation, false);
    }
  }

  #describe({ name, pending, states, seen, counts }: Candidates): string {
    const calls = pending.map(({ operation, effect }, index) => {
      const matching = counts.includes(index + 1) ? " <- as seen" : "";
      const said = this.#isThere.get(operation);
      const elsewhere = said === undefined ? "" : ` elsewhere ${said ? "there" : "missing"}`;
      return `  ${operation.mark} ${JSON.stringify(effect)}${operation.accepted ? " accepted" : ""}${elsewhere}${matching}`;
    });
    const from = counts.includes(0) ? "before all of these (as seen)" : "before all of these";
    return [
      `${name} is as after no order of its calls that is allowed:`,
      `  ${from}: ${shortened(states[0])}`,
      ...calls,
      `  expected at last: ${shortened(states.at(-1))}`,
      `  seen: ${shortened(seen)}`,
    ].join("\n");
  }
}

/** Batches that are not awaited commit in any order, so the stream itself says in which. */
function inOrderSeen(pending: readonly Pending[], seen: State): readonly Pending[] {
  const events = seen !== undefined && "stream" in seen ? (seen.stream?.events ?? []) : [];
  const place = ({ operation, effect }: Pending) => {
    if (effect.do === "drop") return -1;
    const alone = after(undefined, operation.mark, effect);
    const digest = alone !== undefined && "stream" in alone ? alone.stream?.events[0] : undefined;
    const index = digest === undefined ? -1 : events.indexOf(digest);
    return index < 0 ? Number.POSITIVE_INFINITY : index;
  };
  const placed = pending.map((item) => ({ item, at: place(item) }));
  return placed
    .sort((left, right) => (left.at < right.at ? -1 : Number(left.at > right.at)))
    .map(({ item }) => item);
}

function shortened(state: State): string {
  if (state === undefined) return "nothing";
  const text = JSON.stringify(state);
  return text.length > 1500 ? `${text.slice(0, 200)} … ${text.slice(-1200)}` : text;
}
