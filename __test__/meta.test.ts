/** What is kept beside a checkpoint: a list must be able to trust it, and to tell what it does not hold. */
import { describe, expect, it } from "vitest";
import { encodeCopy } from "../src/codec/index.js";
import { decodeMeta, encodeMeta, summaryOf } from "../src/stored/meta.js";
import type { Checkpoint } from "../src/types.js";
import { MAX_META_BYTES } from "../src/validate.js";
import { checkpoint } from "./support/runtime-shapes.js";

describe("summaryOf", () => {
  it("holds what a list shows, and no more", () => {
    expect(summaryOf(checkpoint("x", { status: "failed", createdAt: 5 }))).toStrictEqual({
      ...{ id: "x", task: "the task of x", agentType: "coder", status: "failed", createdAt: 5 },
      ...{ currentStep: 1, maxSteps: 50, hasError: false },
    });
  });

  it("has an error where one was set", () => {
    expect(summaryOf(checkpoint("x", { error: { message: "m", recoverable: true } })).hasError).toBe(true);
    const unset = { ...checkpoint("x"), error: null } as unknown as Checkpoint;
    expect(summaryOf(unset).hasError).toBe(false);
  });
});

describe("a meta", () => {
  it("tells what the summary tells", () => {
    const summary = summaryOf(checkpoint("x", { createdAt: Number.NaN, task: "\ud800" }));
    expect(decodeMeta(encodeMeta(summary))).toStrictEqual({
      fields: (({ id: _id, ...fields }) => fields)(summary),
      omitted: [],
    });
  });

  it("leaves out what does not fit, and says so", () => {
    const encoded = encodeMeta(summaryOf(checkpoint("x", { task: "t".repeat(1_000_000) })));
    expect(encoded.length).toBeLessThan(1000);
    expect(decodeMeta(encoded)).toMatchObject({ fields: { agentType: "coder" }, omitted: ["task"] });
  });

  it("always fits, whatever is large", () => {
    const large = Object.fromEntries(
      ["task", "agentType", "status", "createdAt", "currentStep", "maxSteps"].map((field) => [
        field,
        "x".repeat(20_000),
      ]),
    );
    const encoded = encodeMeta(summaryOf({ ...checkpoint("x"), ...large } as unknown as Checkpoint));
    expect(decodeMeta(encoded)?.omitted).toHaveLength(6);
    const edge = Object.fromEntries(Object.keys(large).map((field) => [field, "x".repeat(8_180)]));
    const nearly = encodeMeta(
      summaryOf({
        ...checkpoint("x"),
        ...edge,
        task: "x".repeat(60_000),
      } as unknown as Checkpoint),
    );
    expect(nearly.length).toBeLessThanOrEqual(MAX_META_BYTES);
    expect(decodeMeta(nearly)?.omitted).toStrictEqual(["task"]);
  });

  it.each([
    ["nothing", Buffer.alloc(0)],
    ["a number", encodeCopy(7)],
    ["another map", encodeCopy({ task: "t" })],
    ["damage", Buffer.from([0xc1])],
    ["a list of omitted fields that is none", encodeCopy({ hasError: false, omitted: 7 })],
  ])("is none: %s", (_name, bytes) => {
    expect(decodeMeta(bytes)).toBeUndefined();
  });
});
