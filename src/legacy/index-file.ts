/**
 * The index file of today's storage: JSON, `{ "entries": [...] }`, in the order in which ids were first saved.
 *
 * Constraints: the index is the truth, files that it does not name are leftovers. It names files in the
 * directory itself and nowhere else: an entry whose name could lead out of it is rejected, never followed.
 */
import { basename } from "node:path";
import type { CheckpointSummary, SkippedCheckpoint } from "../types.js";

/** What today's class uses where its options name no other. */
export const DEFAULT_INDEX_FILE_NAME = "index.json";

/** What the index tells of one checkpoint. `id` and `fileName` were checked, the rest is as it was found. */
export interface LegacyIndexEntry extends CheckpointSummary {
  /** The record's file, in the same directory. */
  readonly fileName: string;
  readonly agentId: string;
  readonly isDelta: boolean;
  readonly baseId?: string;
  readonly chainLength: number;
}

/** An index that was read. */
export interface LegacyIndex {
  /** In the order of first save. */
  readonly entries: readonly LegacyIndexEntry[];
  /** Entries that name no checkpoint that could be read. */
  readonly rejected: readonly SkippedCheckpoint[];
}

/** The index in `json`; `undefined` where it is none. */
export function parseLegacyIndex(json: string): LegacyIndex | undefined {
  const found = listedEntries(json);
  if (found === undefined) return undefined;
  const entries = new Map<string, LegacyIndexEntry>();
  const rejected: SkippedCheckpoint[] = [];
  for (const entry of found) {
    const [id, file] = [textAt(entry, "id"), textAt(entry, "fileName")];
    const reason = faultOf(entry);
    if (entries.has(id))
      rejected.push({ id, file, kind: "duplicate", reason: "the index lists the id before" });
    else if (reason !== undefined) rejected.push({ id, file, kind: "damaged", reason });
    else entries.set(id, entry as LegacyIndexEntry);
  }
  return { entries: [...entries.values()], rejected };
}

function listedEntries(json: string): readonly unknown[] | undefined {
  let index: unknown;
  try {
    index = JSON.parse(json);
  } catch {
    return undefined;
  }
  const entries = isRecord(index) ? index["entries"] : undefined;
  return Array.isArray(entries) ? entries : undefined;
}

function faultOf(entry: unknown): string | undefined {
  if (textAt(entry, "id") === "") return "the index entry has no id";
  const file = textAt(entry, "fileName");
  if (file === "") return "the index entry names no file";
  return staysInside(file) ? undefined : "the file name leads out of the directory";
}

/** Whether `file` is one plain name on this platform. */
function staysInside(file: string): boolean {
  return file !== "." && file !== ".." && basename(file) === file && !file.includes("\0");
}

function textAt(entry: unknown, field: string): string {
  const value = isRecord(entry) ? entry[field] : undefined;
  return typeof value === "string" ? value : "";
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
