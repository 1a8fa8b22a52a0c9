/**
 * What a stream, an id or a log is after each effect, in the simplest way.
 *
 * Constraint: states are values that JSON writes the same where they are equal.
 */
import {
  checkpointBytes,
  checkpointValue,
  digestOfBytes,
  digestOfValue,
  eventBytes,
  isValue,
  taskGraphEvent,
} from "./life/contents.mjs";
import { HISTORY_LIMIT } from "./life/handles.mjs";
import type { Effect, Run, Stream, Versions } from "./protocol.js";

/** The state of one key; `undefined` where there is nothing. */
export type State =
  | { readonly versions: Versions }
  | { readonly stream: Stream }
  | { readonly run: Run }
  | undefined;

/** The state after `effect` of the operation that has this mark. */
export function after(state: State, mark: string, effect: Effect): State {
  switch (effect.do) {
    case "save":
      return saved(versionsOf(state), mark, effect);
    case "append":
      return appended(streamOf(state), mark, effect);
    case "prune":
      return pruned(streamOf(state), effect.before);
    case "log":
      return logged(runOf(state), mark, effect);
    case "prune log":
      return ofRun(runOf(state).filter(([id]) => id >= effect.before));
    case "delete":
    case "drop":
      return undefined;
  }
}

function versionsOf(state: State): Versions {
  return state !== undefined && "versions" in state ? state.versions : [];
}

function streamOf(state: State): Stream {
  return state !== undefined && "stream" in state ? state.stream : null;
}

function runOf(state: State): Run {
  return state !== undefined && "run" in state ? state.run : [];
}

/** A log without events is none, whether it has been used or not. */
export function ofRun(run: Run): State {
  return run.length === 0 ? undefined : { run };
}

function saved(versions: Versions, mark: string, { key, steps }: Effect & { do: "save" }): State {
  const digest = isValue(key)
    ? digestOfValue(checkpointValue(key, mark, steps))
    : digestOfBytes(checkpointBytes(key, mark, steps));
  const version = (versions.at(-1)?.[0] ?? 0) + 1;
  return { versions: [...versions, [version, digest] as const].slice(-HISTORY_LIMIT) };
}

function appended(stream: Stream, mark: string, { sizes }: Effect & { do: "append" }): State {
  const { first, events } = stream ?? { first: 1, events: [] };
  const digests = sizes.map((size, index) => digestOfBytes(eventBytes(mark, index, size)));
  return { stream: { first, events: [...events, ...digests] } };
}

function pruned(stream: Stream, before: number): State {
  if (stream === null) return undefined;
  const count = Math.min(Math.max(0, before - stream.first), stream.events.length);
  return { stream: { first: stream.first + count, events: stream.events.slice(count) } };
}

function logged(run: Run, mark: string, { sequenceId }: Effect & { do: "log" }): State {
  const digest = digestOfValue(taskGraphEvent(mark, sequenceId));
  return ofRun([...run.filter(([id]) => id < sequenceId), [sequenceId, digest]]);
}
