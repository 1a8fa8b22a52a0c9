/** Which summaries a filter selects, and their order. */
import { describe, expect, it } from "vitest";
import { limitOf, matchesFilter, selectSummaries } from "../src/compat/checkpoints/listing.js";
import type { CheckpointFilter, CheckpointStatus, CheckpointSummary } from "../src/types.js";

function summary(
  id: string,
  createdAt: number,
  status: CheckpointStatus,
  agentType = "coder",
): CheckpointSummary {
  return {
    id,
    task: `task of ${id}`,
    agentType,
    status,
    createdAt,
    currentStep: 1,
    maxSteps: 9,
    hasError: false,
  };
}

/** In the order of first save; c ties with a, e with b in time. */
const summaries = Object.freeze([
  summary("a", 200, "pending"),
  summary("b", 100, "failed", "planner"),
  summary("c", 200, "completed"),
  summary("d", 300, "pending", "planner"),
  summary("e", 100, "cancelled"),
]);

/** Name, the filter, the ids in order. */
const filters: [string, CheckpointFilter | undefined, string][] = [
  ["no filter: the newest first, ties as first saved", undefined, "dacbe"],
  ["ascending: ties as first saved, too", { sortOrder: "asc" }, "beacd"],
  ["by status", { sortBy: "status", sortOrder: "asc" }, "ecbad"],
  ["by status, descending by default", { sortBy: "status" }, "adbce"],
  ["one status", { status: "pending" }, "da"],
  ["several statuses", { status: ["pending", "cancelled"] }, "dae"],
  ["an empty list of statuses matches nothing", { status: [] }, ""],
  ["an agent type", { agentType: "planner" }, "db"],
  ["an empty agent type counts as absent", { agentType: "" }, "dacbe"],
  ["created after, inclusive", { createdAfter: 200 }, "dac"],
  ["created before, inclusive", { createdBefore: 200 }, "acbe"],
  ["created after 0 counts as absent", { createdAfter: 0 }, "dacbe"],
  ["created before 0 counts as absent", { createdBefore: 0 }, "dacbe"],
  ["a limit, taken after sorting", { limit: 2 }, "da"],
  ["a limit, taken after sorting upwards", { limit: 3, sortOrder: "asc" }, "bea"],
  ["a limit of 0 counts as absent", { limit: 0 }, "dacbe"],
  ["a limit beyond the end", { limit: 99 }, "dacbe"],
  [
    "all conditions at once",
    { status: "pending", agentType: "planner", createdAfter: 300, createdBefore: 300 },
    "d",
  ],
  ["conditions that no entry meets together", { status: "pending", createdBefore: 100 }, ""],
];

describe("selectSummaries", () => {
  it.each(filters)("%s", (_name, filter, ids) => {
    expect(selectSummaries(summaries, filter).map(({ id }) => id)).toStrictEqual([...ids]);
  });

  it("tells of one summary what it tells of all", () => {
    for (const [, filter = {}] of filters) {
      const unlimited = selectSummaries(summaries, { ...filter, limit: 0 });
      expect(summaries.filter((entry) => matchesFilter(entry, filter))).toHaveLength(unlimited.length);
      expect(selectSummaries(summaries, filter)).toHaveLength(Math.min(limitOf(filter), unlimited.length));
    }
  });
});
