/**
 * What a store must hold after a life: everything accepted, and of the rest a part that keeps the promised order.
 *
 * Each key (a stream, an id) has a state that was seen and the operations called since, in their order. What is seen next must be the state after some
 * first part of them, which has in it all that was accepted, and an operation on several keys is there on all of them or on none.
 *
 * The bugs this would catch: something accepted or acknowledged that is lost, a change that is there without an earlier one of its id or thread, half a
 * batch, bytes that are not those that were saved, something deleted that is back.
 */
import { markOf } from "./life/contents.mjs";
import type { Operation, Pending } from "./operation.js";
import type { Answer, Call, Line, Seen } from "./protocol.js";
import { Resolution } from "./resolution.js";
import { ofRun, type State } from "./states.js";

interface OpenKey {
  readonly seen: State;
  readonly pending: Pending[];
}

export class Ledger {
  readonly #keys = new Map<string, OpenKey>();
  #operations: Operation[] = [];

  /** Takes the lines of a life; gives what is wrong. */
  take(life: number, lines: readonly Line[]): string[] {
    const faults: string[] = [];
    this.#operations = [];
    for (const line of lines) {
      if (line.tell === "call") this.#called(life, line);
      else if (line.tell === "seen") faults.push(...this.#resolve(line));
      else if (line.tell === "fault") faults.push(line.what);
      else {
        this.#answered(line);
        if (line.tell === "failed") faults.push(`${this.#nameOf(line)} failed: ${line.error}`);
      }
    }
    return faults;
  }

  /** Calls of the last life that were never answered, but for those of a worker that is gone. */
  unanswered(): string[] {
    return this.#operations
      .filter(({ answered, call }) => !answered && call.actor !== "worker")
      .map(({ call, mark }) => `${mark} ${call.what} was never answered`);
  }

  #called(life: number, call: Call): void {
    const mark = markOf(life, call.actor, call.number);
    const operation = { call, mark, accepted: false, answered: false };
    this.#operations.push(operation);
    for (const effect of call.effects) {
      const key = this.#keys.get(effect.key) ?? { seen: undefined, pending: [] };
      this.#keys.set(effect.key, key);
      key.pending.push({ operation, effect });
    }
  }

  #find({ actor, number }: Answer): Operation | undefined {
    return this.#operations.find(({ call }) => call.actor === actor && call.number === number);
  }

  #nameOf(answer: Answer): string {
    const operation = this.#find(answer);
    return operation ? `${operation.mark} ${operation.call.what}` : JSON.stringify(answer);
  }

  #answered(answer: Answer): void {
    const operation = this.#find(answer);
    if (operation === undefined) return;
    operation.answered = true;
    if (answer.tell === "failed") return;
    operation.accepted = true;
    const { covers, handle, actor, number } = operation.call;
    if (covers === undefined) return;
    for (const earlier of this.#operations) {
      const isEarlier = earlier.call.actor === actor && earlier.call.number < number;
      if (isEarlier && (earlier.call.handle === handle || isOneStep(covers, earlier)))
        earlier.accepted = true;
    }
  }

  #resolve(seen: Seen): string[] {
    const states = statesOf(seen);
    const faults = unordered(seen);
    const resolution = new Resolution();
    for (const name of states.keys()) if (!this.#keys.has(name)) faults.push(`nobody made ${name}`);
    for (const [name, key] of this.#keys) resolution.add(name, key, states.get(name));
    faults.push(...resolution.settle());
    for (const name of this.#keys.keys()) this.#keys.set(name, { seen: states.get(name), pending: [] });
    return faults;
  }
}

/** Whether a flush of another handle has waited for it too: of a prune of checkpoints it may have seen the first step. */
function isOneStep(covers: Call["covers"], { call }: Operation): boolean {
  return covers === "thread" && call.what !== "prune values";
}

function statesOf({ ids, streams, logs }: Seen): Map<string, State> {
  const states = new Map<string, State>();
  for (const [name, versions] of Object.entries(ids)) states.set(name, { versions });
  for (const [name, stream] of Object.entries(streams)) states.set(name, { stream });
  for (const [name, run] of Object.entries(logs)) states.set(name, ofRun(run));
  return states;
}

/** Streams whose events do not lie in the store's order. */
function unordered({ positions }: Seen): string[] {
  return Object.entries(positions)
    .filter(([, places]) => places.some((place, index) => place < (places[index - 1] ?? 0)))
    .map(([name, places]) => `${name} is out of order: ${places}`);
}
