/**
 * What the help says beyond the lists of verbs and options.
 */

/** The command's name. */
export const NAME = "agent-storage-engine";

/** For all verbs. */
export const HELP = `
<directory> is what StorageEngine.open was given, or the rootDir of a drop-in.

Exit codes:
  0    sound, or done
  1    damage was found
  2    wrong usage, no store there, held by another process, any other failure
  130  stopped by Ctrl-C`;

/** For `repair`. */
export const REPAIR_HELP = `
What was lost is told: events by their sequences, versions of checkpoints, and changes by their positions where nothing
tells what was in them. Sequences of events in such changes are given again, and what they had deleted may be back.

Names that were lost are replaced: streams are called "lost+found/stream-<number>", checkpoints
"lost+found/checkpoint-<number>", and versions of which nothing but the bytes is left "lost+found/record-<number>"; deleted
ones may be among these. \`dump --stream <name>\` and \`dump --id <id>\` show them. To give one its name back, read it with
StorageEngine (replayEvents, loadCheckpoint), append or save it under the right name, and delete the found one
(deleteStream, deleteCheckpoint).

The files as they were are kept in a directory inside the store's, repaired-<number>, which nothing but you removes: do so
when nothing is missed.`;

/** For `dump`. */
export const DUMP_HELP = `
A line is one of
  { "type": "event", stream, sequence, position, timestamp, value }
  { "type": "checkpoint", id, version, bytes, savedAt, time, lineage, position, meta, value }
Times are milliseconds. Bytes that are no MessagePack stand as "base64" instead of "value", and as "metaBase64" instead
of "meta", which is absent where it is empty. Values that JSON lacks are { "$bytes": "<base64>" }, { "$date": "<ISO 8601>" }
(null for an invalid date) and { "$number": "NaN" }, "Infinity", "-Infinity" or "-0"; a key that begins with "$" has one more.`;
