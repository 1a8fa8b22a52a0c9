/**
 * What is known of a checkpoint version without loading it, and which ones to list.
 */
import type { NativeListing, NativeListOptions } from "./binding.js";
import { native } from "./native-error.js";
import { optionNames } from "./option-names.js";
import {
  checkBoolean,
  checkName,
  checkOptionalInteger,
  checkOptions,
  checkTime,
  checkWord,
} from "./validate.js";

/** A version of a checkpoint. Sizes are bytes, times milliseconds since the epoch. */
export interface CheckpointInfo {
  readonly id: string;
  /** From 1 for one id; a delete forgets the id, and a later save of it starts at 1. */
  readonly version: number;
  readonly bytes: number;
  /** Bytes stored for it: what it adds to the versions before. */
  readonly storedBytes: number;
  readonly savedAt: number;
  /** The caller's own time; that of the save where none was given. */
  readonly time: number;
  readonly lineage: string;
  readonly meta: Buffer;
  /** The change that saved it, in the store's one order. */
  readonly position: number;
  /** The change that first saved its id. */
  readonly firstPosition: number;
  /**
   * The last change that there was when the save was called: what was appended later comes after it, although its `position` may be smaller than the save's. 0 where there was
   * none, or where a repair found the version without its name.
   */
  readonly calledAfter: number;
}

/** Which checkpoints to list, and how. */
export interface ListOptions {
  /** Only ids that start with this. */
  readonly prefix?: string | undefined;
  readonly lineage?: string | undefined;
  /** At most this many. */
  readonly limit?: number | undefined;
  /** From the last to the first; ties in time stay in the order of first saves. */
  readonly reverse?: boolean | undefined;
  /** Default `"firstSaved"`. */
  readonly orderBy?: "firstSaved" | "time" | undefined;
  /** Only this time or a later one. */
  readonly from?: number | undefined;
  /** Only this time or an earlier one. */
  readonly until?: number | undefined;
}

const LIST_OPTIONS = optionNames<ListOptions>({
  prefix: true,
  lineage: true,
  limit: true,
  reverse: true,
  orderBy: true,
  from: true,
  until: true,
});

/** How many are fetched at once: the first few at a time, since most lists end early. */
const FIRST_FETCH = 16;
const LARGEST_FETCH = 1024;

/** Options as the addon takes them. @throws StorageError `ERR_STORAGE_INVALID_ARGUMENT` */
export function checkListOptions(given: ListOptions | undefined): NativeListOptions {
  const options: ListOptions = checkOptions(given, LIST_OPTIONS);
  const checked = {
    prefix: options.prefix === undefined ? undefined : checkName("prefix", options.prefix),
    lineage: options.lineage === undefined ? undefined : checkName("lineage", options.lineage),
    limit: checkOptionalInteger("limit", options.limit, 0),
    reverse: checkBoolean("reverse", options.reverse),
    orderBy: checkWord("orderBy", options.orderBy, ["firstSaved", "time"]),
    from: checkTime("from", options.from),
    until: checkTime("until", options.until),
  };
  return Object.fromEntries(Object.entries(checked).filter(([, value]) => value !== undefined));
}

/** One after the other, fetched in growing batches; `check` is asked before each whether it may go on. */
export function* iterateListing(
  listing: NativeListing,
  check: () => void,
): Generator<CheckpointInfo, void, undefined> {
  try {
    for (let fetch = FIRST_FETCH; ; fetch = Math.min(fetch * 4, LARGEST_FETCH)) {
      const batch = native(() => listing.next(fetch));
      if (batch.length === 0) return;
      for (const info of batch) {
        check();
        yield info;
      }
    }
  } finally {
    listing.end();
  }
}
