/**
 * What a child tells its parent, a line of JSON at a time.
 *
 * Constraints: a line is written by one synchronous write, so that it is with the parent whatever happens next; a call is told before it is
 * made, so that what is found in the store was told in any case.
 */

/** How a life ends. */
export type Way =
  | "kill"
  | "exit"
  | "throw"
  | "reject"
  | "close"
  | "terminate"
  | "worker-exit"
  | "worker-throw"
  | "worker-heap"
  | "collect"
  | "heap";

/** What a child is to do. */
export interface Plan {
  readonly rootDir: string;
  /** The number of this life in its directory. */
  readonly life: number;
  readonly seed: number;
  readonly way: Way;
  /** How many operations come before the end. */
  readonly operations: number;
}

/** What an operation does to one stream or checkpoint id. */
export type Effect =
  | { readonly do: "append"; readonly key: string; readonly sizes: readonly number[] }
  | { readonly do: "prune"; readonly key: string; readonly before: number }
  | { readonly do: "drop"; readonly key: string }
  | { readonly do: "save"; readonly key: string; readonly steps: number }
  | { readonly do: "delete"; readonly key: string }
  | { readonly do: "log"; readonly key: string; readonly sequenceId: number }
  | { readonly do: "prune log"; readonly key: string; readonly before: number };

/** A call that is about to be made. */
export interface Call {
  readonly tell: "call";
  /** The thread that makes it. */
  readonly actor: string;
  /** Its number among the thread's calls in this life. */
  readonly number: number;
  readonly what: string;
  /** The handle that it is made on. */
  readonly handle: number;
  /** Whether its effects are accepted when it returns; else when its promise resolves. */
  readonly sync: boolean;
  readonly effects: readonly Effect[];
  /** Whose earlier calls are durable too when its promise resolves. */
  readonly covers?: "thread" | "handle";
}

/** What became of a call. */
export interface Answer {
  readonly tell: "returned" | "resolved" | "failed";
  readonly actor: string;
  readonly number: number;
  /** The error of one that failed. */
  readonly error?: string;
}

/** The versions of an id that are kept, each with the digest of its bytes. */
export type Versions = readonly (readonly [version: number, digest: string])[];

/** A stream: its first sequence and its events; `null` where there is none. */
export type Stream = { readonly first: number; readonly events: readonly string[] } | null;

/** The current run of a task graph's log. */
export type Run = readonly (readonly [sequenceId: number, digest: string])[];

/** All that a store holds. */
export interface Seen {
  readonly tell: "seen";
  readonly ids: Readonly<Record<string, Versions>>;
  readonly streams: Readonly<Record<string, Stream>>;
  readonly logs: Readonly<Record<string, Run>>;
  /** For each stream, logs too, the places of its events in the store's one order. */
  readonly positions: Readonly<Record<string, readonly number[]>>;
}

/** Something that must not be, seen by the child itself. */
export interface Fault {
  readonly tell: "fault";
  readonly what: string;
}

export type Line = Call | Answer | Seen | Fault;
