/** The lines of a life, of which the last one may be cut where the process was killed. */
import type { Line } from "./protocol.js";

export class Journal {
  #text = "";
  #lines: Line[] = [];

  /** Takes what came through the pipe. */
  add(text: string): void {
    const parts = (this.#text + text).split("\n");
    this.#text = parts.pop() ?? "";
    for (const part of parts) this.#lines.push(JSON.parse(part) as Line);
  }

  get lines(): readonly Line[] {
    return this.#lines;
  }
}
