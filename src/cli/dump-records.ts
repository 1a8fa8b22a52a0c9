/**
 * What a dump consists of: a line of JSON for each event and for each version of a checkpoint.
 *
 * Constraints: events come stream by stream, by name, each in order, before checkpoints in the order of their first save, each id's versions oldest first. One record at a
 * time is in memory, and the batch that the engine reads ahead. Internal records are nobody's data and are not shown.
 */
import type { CheckpointInfo } from "../checkpoint-info.js";
import type { StorageEngine, StreamInfo } from "../engine.js";
import { jsonForm, jsonLine, stored } from "./json-form.js";
import { quoted } from "./text.js";
import { UsageError } from "./usage-error.js";

/** What of a store is dumped, and how. Absent is everything; naming a kind, a stream or an id leaves out the others. */
export interface Selection {
  readonly events?: boolean;
  readonly checkpoints?: boolean;
  readonly stream?: string;
  readonly id?: string;
  /** The newest version of each checkpoint only. */
  readonly newest?: boolean;
  /** Events from this sequence on. */
  readonly from?: number;
  /** At most this many records. */
  readonly limit?: number;
  /** Bytes as they are, also where they are MessagePack. */
  readonly base64?: boolean;
}

/** @throws UsageError where two options leave each other nothing */
export function checkSelection({ events, checkpoints, stream, id }: Selection): void {
  if (stream !== undefined && checkpoints)
    throw new UsageError("a stream has events, and --checkpoints leaves them out");
  if (id !== undefined && events)
    throw new UsageError("an id is a checkpoint's, and --events leaves them out");
}

/** The streams that are selected. @throws UsageError where the one that was named is not there */
export function selectedStreams(engine: StorageEngine, selection: Selection): StreamInfo[] {
  const { events, checkpoints, stream, id } = selection;
  const streams = engine.streams();
  if (stream === undefined) return events || !(checkpoints || id !== undefined) ? streams : [];
  const named = streams.filter(({ name }) => name === stream);
  if (named.length === 0) throw new UsageError(`there is no stream ${quoted(stream)}`);
  return named;
}

/** How many events these streams have from `from` on. */
export function countEvents(streams: readonly StreamInfo[], { from = 0 }: Selection): number {
  const ofEach = streams.map(({ firstSequence, lastSequence }) =>
    Math.max(0, lastSequence - Math.max(firstSequence, from) + 1),
  );
  return ofEach.reduce((sum, events) => sum + events, 0);
}

/** A line for each event of one stream. @throws StorageError */
export function* eventLines(
  engine: StorageEngine,
  { name }: StreamInfo,
  { from = 0, base64 = false }: Selection,
): Generator<string> {
  for (const { sequence, position, timestamp, data } of engine.replayEvents(from, { stream: name })) {
    yield recordLine({ type: "event", stream: name, sequence, position, timestamp }, data, base64);
  }
}

/** The ids that are selected. @throws StorageError */
export function* selectedIds(engine: StorageEngine, selection: Selection): Generator<string> {
  const { events, checkpoints, stream, id } = selection;
  if (id !== undefined) yield id;
  else if (checkpoints || !(events || stream !== undefined)) {
    for (const info of engine.checkpoints()) yield info.id;
  }
}

/** The versions of `id` that are selected. @throws StorageError, UsageError where the id that was named is not there */
export function selectedVersions(engine: StorageEngine, id: string, { newest }: Selection): CheckpointInfo[] {
  const versions = engine.checkpointHistory(id);
  if (versions.length === 0) throw new UsageError(`there is no checkpoint ${quoted(id)}`);
  return versions.slice(newest ? -1 : 0);
}

/** The line of one version. @throws StorageError */
export async function versionLine(
  engine: StorageEngine,
  info: CheckpointInfo,
  { base64 = false }: Selection,
): Promise<string> {
  const { id, version, bytes, savedAt, lineage, position, meta } = info;
  const data = await engine.loadCheckpoint(id, { version });
  if (data === null) throw new Error(`version ${version} of ${quoted(id)} is listed and cannot be loaded`);
  const time = jsonForm(info.time);
  const fields = { type: "checkpoint", id, version, bytes, savedAt, time, lineage, position };
  return recordLine({ ...fields, ...metaFields(meta, base64) }, data, base64);
}

function metaFields(meta: Buffer, base64: boolean): object {
  if (meta.length === 0) return {};
  return base64 ? { metaBase64: meta.toString("base64") } : stored(meta, "meta", "metaBase64");
}

function recordLine(fields: object, data: Buffer, base64: boolean): string {
  if (!base64) {
    try {
      return jsonLine({ ...fields, ...stored(data, "value", "base64") });
    } catch (error) {
      // Longer than a text can be; the bytes' base64 never is.
      if (!(error instanceof RangeError)) throw error;
    }
  }
  return jsonLine({ ...fields, base64: data.toString("base64") });
}
