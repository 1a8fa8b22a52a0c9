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
  readonly events: number;
  readonly checkpoints: number;
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

/** What a repair kept and gave up. */
export interface RepairReport {
  readonly kept: { readonly events: number; readonly versions: number };
  /** All damage that was found; empty: the store was sound and nothing was changed. */
  readonly lost: Damage[];
  /** Events that are gone, as far as it is known that there were any. */
  readonly lostEvents: LostEvents[];
  /** Versions that are gone, as far as it is known that there were any. */
  readonly lostVersions: LostVersion[];
  /** The directory with copies of the files that were removed; empty where nothing was repaired. */
  readonly savedTo: string;
}
