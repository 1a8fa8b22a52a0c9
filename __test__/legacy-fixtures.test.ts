/** Real directories of today's storage are read as that storage reads them. */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { selectSummaries } from "../src/compat/checkpoints/listing.js";
import type { LegacyIndexEntry } from "../src/legacy/index-file.js";
import { openLegacyStore } from "../src/migrate/legacy-reader.js";
import type { CheckpointSummary } from "../src/types.js";
import { withoutMarkers } from "./support/markers.js";

interface Expected {
  /** Sorted by `createdAt`, ascending. */
  readonly list: readonly unknown[];
  readonly checkpoints: Readonly<Record<string, unknown>>;
}

const fixtures = new URL("fixtures/legacy-messagepack/", import.meta.url);
const names = readdirSync(fixtures);

function optionsOf(name: string): { from: string; indexFileName: string } {
  const from = fileURLToPath(new URL(`${name}/store/`, fixtures));
  const indexFileName = readdirSync(from).find((file) => file.endsWith(".json")) ?? "";
  return { from, indexFileName };
}

it("there are seven of them", () => {
  expect(names).toHaveLength(7);
});

describe.each(names)("%s", (name) => {
  const expected = JSON.parse(readFileSync(new URL(`${name}/expected.json`, fixtures), "utf8")) as Expected;

  it("lists what today's storage lists", async () => {
    const store = await openLegacyStore(optionsOf(name));
    expect(store.rejected).toStrictEqual([]);
    const listed = selectSummaries(store.entries.map(summaryOfEntry), { sortOrder: "asc" });
    expect(listed).toStrictEqual(expected.list);
  });

  it("loads what today's storage loads", async () => {
    const store = await openLegacyStore(optionsOf(name));
    const loaded: Record<string, unknown> = {};
    for (const entry of store.entries) {
      const outcome = await store.load(entry);
      loaded[entry.id] = "checkpoint" in outcome ? outcome.checkpoint : null;
    }
    expect(loaded).toStrictEqual(withoutMarkers(expected.checkpoints));
    expect(JSON.stringify(loaded)).toBe(
      JSON.stringify(inOrderOf(loaded, withoutMarkers(expected.checkpoints))),
    );
    expect(store.bytesRead).toBeGreaterThan(0);
  });
});

/** The ids may come in another order, the fields of a checkpoint may not. */
function inOrderOf(order: Readonly<Record<string, unknown>>, record: unknown): Record<string, unknown> {
  return Object.fromEntries(Object.keys(order).map((id) => [id, (record as Record<string, unknown>)[id]]));
}

function summaryOfEntry(entry: LegacyIndexEntry): CheckpointSummary {
  const { id, task, agentType, status, createdAt, currentStep, maxSteps, hasError } = entry;
  return { id, task, agentType, status, createdAt, currentStep, maxSteps, hasError };
}
