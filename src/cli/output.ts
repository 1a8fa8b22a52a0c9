/**
 * The way to standard output.
 *
 * Constraints: what was written is waited for, so a slow reader holds the writer back and no more than {@link FLUSH_AT_CHARACTERS} and one text wait in memory;
 * a reader that has gone ends the command without a word ({@link ReaderGone}), while a full disk is a failure like any other. Between two writes the event loop
 * turns, or a walk that never waits for anything could not be interrupted.
 */
import type { Writable } from "node:stream";
import { setImmediate } from "node:timers/promises";

/** Small lines are written together. */
const FLUSH_AT_CHARACTERS = 64 * 1024;

/** Thrown by a write whose reader has closed its end, as `head` does. */
export class ReaderGone extends Error {}

/** See the module's description. */
export class Output {
  readonly #stream: Writable;
  #pending = "";

  constructor(stream: Writable) {
    this.#stream = stream;
    // Each write tells its own failure; without a listener the stream would throw it as well.
    stream.on("error", () => {});
  }

  /** Whether a person sees it as it is written. */
  get isTerminal(): boolean {
    return "isTTY" in this.#stream && this.#stream.isTTY === true;
  }

  /** Writes `text`, at once or with what follows. @throws ReaderGone, or the system's error */
  async write(text: string): Promise<void> {
    // Never joined to a large one: a text may be as long as texts can be.
    if (this.#pending.length + text.length > FLUSH_AT_CHARACTERS) await this.flush();
    this.#pending += text;
  }

  /** The same with a line's end. */
  line(text: string): Promise<void> {
    return this.write(`${text}\n`);
  }

  /** Resolves when the system has taken everything. @throws ReaderGone, or the system's error */
  async flush(): Promise<void> {
    const text = this.#pending;
    this.#pending = "";
    if (text === "") return;
    await this.#write(text);
    await setImmediate();
  }

  #write(text: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#stream.write(text, (error) => {
        if (!error) resolve();
        else reject(isPipeClosed(error) ? new ReaderGone("nobody reads the output") : error);
      });
    });
  }
}

/** Windows has another word for it. */
function isPipeClosed(error: NodeJS.ErrnoException): boolean {
  return error.code === "EPIPE" || error.code === "EOF" || error.code === "ERR_STREAM_DESTROYED";
}
