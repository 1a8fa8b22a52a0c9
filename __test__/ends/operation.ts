/** What the parent knows of a call. */
import type { Call, Effect } from "./protocol.js";
import type { State } from "./states.js";

/** A call; whether its effects are there shows when the store is seen next. */
export interface Operation {
  readonly call: Call;
  readonly mark: string;
  /** Whether all of it must be there. */
  accepted: boolean;
  answered: boolean;
}

/** One of its effects. */
export interface Pending {
  readonly operation: Operation;
  readonly effect: Effect;
}

/** A stream or id: as it was seen last, and what was called since. */
export interface Key {
  readonly seen: State;
  readonly pending: readonly Pending[];
}
