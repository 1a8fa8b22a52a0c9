/** What a person at a terminal sees and is asked; the terminal is a stream that says it is one. */
import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import { canAsk, isAnswered } from "../../src/cli/confirm.js";
import { withProgress } from "../../src/cli/progress.js";

function terminal() {
  const stream = Object.assign(new PassThrough(), { isTTY: true, columns: 80, setRawMode() {} });
  return stream as unknown as NodeJS.ReadStream & NodeJS.WriteStream & PassThrough;
}

function notATerminal() {
  return new PassThrough() as unknown as NodeJS.ReadStream & NodeJS.WriteStream;
}

describe("the bar", () => {
  const work = async (tell: (progress: { done: number; total: number; unit: "bytes" }) => void) => {
    tell({ done: 512, total: 2048, unit: "bytes" });
    tell({ done: 2048, total: 2048, unit: "bytes" });
    return "result";
  };

  // A bar that stands among the results.
  it("shows how much there is, and is gone at the end", async () => {
    const stream = terminal();
    expect(await withProgress("verifying", stream, work)).toBe("result");
    stream.end();
    const shown = await text(stream);
    expect(shown).toContain("verifying");
    expect(shown).toContain("100 % of 2.0 KiB");
    // Escape sequences: to the line's beginning, and erase the line.
    expect(shown.endsWith("\u001b[1G\u001b[2K")).toBe(true);
  });

  // A bar that stays when the work fails keeps its timer, and the process never ends.
  it("is gone when the work fails", async () => {
    const stream = terminal();
    const failure = new Error("failed");
    await expect(withProgress("verifying", stream, () => Promise.reject(failure))).rejects.toBe(failure);
    stream.end();
    expect((await text(stream)).endsWith("\u001b[1G\u001b[2K")).toBe(true);
  });

  // Escape sequences in a log file.
  it("is not shown where there is no terminal", async () => {
    const stream = notATerminal();
    expect(await withProgress("verifying", stream, work)).toBe("result");
    expect(await withProgress("verifying", undefined, work)).toBe("result");
    stream.end();
    expect(await text(stream)).toBe("");
  });
});

describe("a question", () => {
  const { signal } = new AbortController();

  // A repair at a stray key.
  it.each([
    ["yes\n", true],
    ["  yes \n", true],
    ["y\n", false],
    ["\n", false],
    ["no\n", false],
  ])("that %j answers is confirmed: %j", async (answer, isConfirmed) => {
    const input = terminal();
    input.write(answer);
    expect(await isAnswered("Sure? ", "yes", { input, err: terminal(), signal })).toBe(isConfirmed);
  });

  // An end of the input that leaves the question open, so that the process ends with code 0 having done nothing.
  it("that nobody answers is a no", async () => {
    const input = terminal();
    input.end();
    expect(await isAnswered("Sure? ", "yes", { input, err: terminal(), signal })).toBe(false);
  });

  // Ctrl-C that is heard only after the answer.
  it("ends with the signal's reason", async () => {
    const controller = new AbortController();
    const asked = isAnswered("Sure? ", "yes", {
      ...{ input: terminal(), err: terminal(), signal: controller.signal },
    });
    controller.abort(new Error("Ctrl-C"));
    await expect(asked).rejects.toThrow("Ctrl-C");
  });

  // A script that waits for ever for an answer.
  it.each([
    ["at a terminal", terminal(), terminal(), false, true],
    ["where JSON was asked for", terminal(), terminal(), true, false],
    ["where the input is a pipe", notATerminal(), terminal(), false, false],
    ["where nobody would see it", terminal(), notATerminal(), false, false],
  ])("%s is asked or not", (_, input, err, json, isAsked) => {
    expect(canAsk({ input, err, json })).toBe(isAsked);
  });
});
