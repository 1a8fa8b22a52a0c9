/** What a process that keeps a task graph's log does, decided beforehand, so that whoever kills it knows what it had done. */
import type { TaskGraphEvent } from "../../src/types.js";
import { randomGraphEvent } from "./graph-events.js";
import type { PlainLog } from "./plain-log.js";
import type { SeededRandom } from "./seeded-random.js";

/** A step. */
export type GraphStep =
  | { readonly do: "append"; readonly event: TaskGraphEvent }
  | { readonly do: "prune"; readonly before: number }
  | { readonly do: "turn"; readonly turns: number };

/** So many steps on from `plain`, which takes them all. */
export function randomSteps(random: SeededRandom, plain: PlainLog, count: number): GraphStep[] {
  return Array.from({ length: count }, () => {
    const step = randomStep(random, plain);
    takeStep(plain, step);
    return step;
  });
}

/** What `step` does to a plain log. */
export function takeStep(plain: PlainLog, step: GraphStep): void {
  if (step.do === "append") plain.append(step.event);
  else if (step.do === "prune") plain.prune(step.before);
}

function randomStep(random: SeededRandom, plain: PlainLog): GraphStep {
  const last = plain.wholeRun().at(-1)?.sequenceId ?? 0;
  const kind = random.below(100);
  if (kind < 8) {
    const first = plain.eventsOf()[0]?.sequenceId ?? 1;
    return { do: "prune", before: first + random.below(last - first + 2) };
  }
  if (kind < 20) return { do: "turn", turns: 1 + random.below(3) };
  return { do: "append", event: randomGraphEvent(random, nextSequenceId(random, kind, last)) };
}

/** Mostly the next one, now and then a restart, a fork or a gap. */
function nextSequenceId(random: SeededRandom, kind: number, last: number): number {
  if (kind === 20) return 1;
  if (kind === 21) return 1 + random.below(last + 1);
  if (kind === 22) return last + 2 + random.below(4);
  return last + 1;
}
