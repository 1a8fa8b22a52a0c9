/** The way to standard output, on streams that a test holds. */
import { Writable } from "node:stream";
import { describe, expect, it } from "vitest";
import { Output, ReaderGone } from "../../src/cli/output.js";

/** A stream whose reader takes one write whenever the test says so. */
function slowStream() {
  const waiting: ((error?: Error | null) => void)[] = [];
  let taken = "";
  const stream = new Writable({
    decodeStrings: false,
    write(text: string, _encoding, done) {
      taken += text;
      waiting.push(done);
    },
  });
  return { stream, take: (error?: Error) => waiting.shift()?.(error), taken: () => taken };
}

const failure = (code: string) => Object.assign(new Error(code), { code, syscall: "write" });
const LARGE = "x".repeat(100_000);

describe("a slow reader", () => {
  // A dump that reads a whole store into memory since nobody takes what it writes.
  it("holds the writer back", async () => {
    const { stream, take, taken } = slowStream();
    const out = new Output(stream);
    await out.write(LARGE);
    let isWritten = false;
    const second = out.write(LARGE).then(() => {
      isWritten = true;
    });
    for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect({ isWritten, length: taken().length }).toEqual({ isWritten: false, length: LARGE.length });
    take();
    await second;
    expect(isWritten).toBe(true);
  });

  // A system call for each line; a last line that stays behind.
  it("gets small lines together, and the last one at the flush", async () => {
    const { stream, take, taken } = slowStream();
    const out = new Output(stream);
    for (let line = 0; line < 100; line++) await out.line(`${line}`);
    expect(taken()).toBe("");
    const flushed = out.flush();
    take();
    await flushed;
    expect(taken().split("\n").slice(0, -1).map(Number)).toEqual([...Array(100).keys()]);
  });
});

describe("a failed write", () => {
  // A full disk that looks like a reader that has enough: half a dump, and a code of 0.
  it.each([
    ["EPIPE", true],
    ["ENOSPC", false],
    ["EIO", false],
  ])("of %s is a reader that has gone: %j", async (code, isGone) => {
    const { stream, take } = slowStream();
    const out = new Output(stream);
    await out.line("text");
    const flushed = out.flush().catch((error: unknown) => error);
    take(failure(code));
    const error = await flushed;
    expect(error instanceof ReaderGone).toBe(isGone);
    if (!isGone) expect(error).toMatchObject({ code });
  });
});

// A walk over events in memory never waits, so Ctrl-C would be heard at its end only.
it("the event loop turns between two writes", async () => {
  const out = new Output(new Writable({ write: (_chunk, _encoding, done) => process.nextTick(done) }));
  let turned = false;
  setImmediate(() => {
    turned = true;
  });
  for (let write = 0; write < 3; write++) await out.write(LARGE);
  expect(turned).toBe(true);
});
