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

/** For `dump`. */
export const DUMP_HELP = `
A line is one of
  { "type": "event", stream, sequence, position, timestamp, value }
  { "type": "checkpoint", id, version, bytes, savedAt, time, lineage, position, meta, value }
Times are milliseconds. Bytes that are no MessagePack stand as "base64" instead of "value", and as "metaBase64" instead
of "meta", which is absent where it is empty. Values that JSON lacks are { "$bytes": "<base64>" }, { "$date": "<ISO 8601>" }
(null for an invalid date) and { "$number": "NaN" }, "Infinity", "-Infinity" or "-0"; a key that begins with "$" has one more.`;
