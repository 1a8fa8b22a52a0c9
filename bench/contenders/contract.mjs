/**
 * What a contender has to offer, so that one workload runs them all.
 *
 * Constraints: a contender is used as its own documentation recommends for speed; events come and go as plain objects, encoding
 * and decoding included. `accepted` is what the operating system has, `durable` what a power cut leaves.
 */

/** @typedef {import("../engine.mjs").TaskGraphEvent} TaskGraphEvent */
/** @typedef {import("../engine.mjs").Checkpoint} Checkpoint */

/**
 * How events are appended: `background` until they are accepted, `sync` until each is durable, `shared` until each is durable
 * while many wait at once.
 *
 * @typedef {"background" | "sync" | "shared"} AppendMode
 */

/**
 * @typedef {object} EventStore
 * @property {(event: TaskGraphEvent) => void | Promise<unknown>} append returns or resolves as the mode says
 * @property {(events: TaskGraphEvent[]) => void | Promise<void>} [appendAll] many at once, for filling
 * @property {() => TaskGraphEvent[] | Promise<TaskGraphEvent[]>} replay
 * @property {(beforeSequenceId: number) => unknown} [prune] resolves or returns when the events before are gone
 * @property {() => void | Promise<void>} close makes everything durable
 */

/**
 * @typedef {object} CheckpointStore
 * @property {(checkpoint: Checkpoint) => Promise<void>} save resolves when it is durable, where the contender ever makes anything durable
 * @property {(checkpoints: Iterable<Checkpoint>) => Promise<void>} saveAll many at once, for filling
 * @property {(id: string) => Promise<Checkpoint | null>} load
 * @property {(id: string, version: number) => Promise<Checkpoint | null>} [loadVersion] only where a history is kept
 * @property {(limit: number) => Promise<readonly object[]>} list the newest by `createdAt`
 * @property {(createdBefore: number) => Promise<number>} prune how many went
 * @property {() => Promise<void>} close
 */

/**
 * @typedef {object} Contender
 * @property {string} note how it is used
 * @property {boolean} [keepsEngine] whether its data is the package's engine, in a directory `engine`
 * @property {Partial<Record<AppendMode, string>>} [modes] the modes of appending that it has, each in a few words
 * @property {(directory: string, mode: AppendMode) => EventStore | Promise<EventStore>} [events]
 * @property {(directory: string) => CheckpointStore | Promise<CheckpointStore>} [checkpoints]
 */

export {};
