/**
 * What long calls answer.
 *
 * Constraint: sizes are bytes, sequences and versions count from 1.
 */

/** A damaged place. */
export interface Damage {
  readonly path: string;
  readonly offset: number;
  /** A stable word for the structure. */
  readonly what: string;
}

/** What a verification read, and what of it is damaged. */
export interface VerifyReport {
  readonly ok: boolean;
  readonly files: number;
  readonly bytes: number;
  /** Events that can be read. Where something is damaged: those that a repair would keep, or, of an open store, those before the first damage of each stream. */
  readonly events: number;
  /** Checkpoints with a version that loads. */
  readonly checkpoints: number;
  /** Versions that load. */
  readonly versions: number;
  readonly damage: Damage[];
}

/** Bytes on disk before and after a compaction. */
export interface CompactionReport {
  readonly bytesBefore: number;
  readonly bytesAfter: number;
}

/** Events of one stream that were lost. */
export interface LostEvents {
  readonly stream: string;
  /** The sequence of the first one. */
  readonly from: number;
  /** The sequence of the last one. */
  readonly to: number;
}

/** A version of a checkpoint that was lost. */
export interface LostVersion {
  readonly id: string;
  readonly version: number;
}

/**
 * Changes that were lost, or of which some were, by their positions in the store's order. What was in them is not known; what they had
 * deleted or pruned may be back.
 */
export interface LostChanges {
  /** The position of the first one. */
  readonly from: number;
  /** The position of the last one; `null` where nothing tells how far the log went, or whether there were any. */
  readonly to: number | null;
}

/** What a repair kept and gave up, or would. */
export interface RepairReport {
  readonly kept: { readonly events: number; readonly versions: number };
  /** How many of the versions kept have lost their names: each has an id of its own, `lost+found/record-<number>`, as its version 1. */
  readonly found: number;
  /** All damage that was found; empty: the store was sound and nothing was changed. */
  readonly lost: Damage[];
  /** Events that are gone, as far as it is known that there were any. */
  readonly lostEvents: LostEvents[];
  /** Versions that are gone, as far as it is known that there were any. Their bytes may be among those that were found. */
  readonly lostVersions: LostVersion[];
  /** Changes that are gone, in order. */
  readonly lostChanges: LostChanges[];
  /** The directory with copies of the files that were removed; empty where nothing was repaired, as with `dryRun`. */
  readonly savedTo: string;
}
