/**
 * Asking a person.
 *
 * Constraints: only where a person can answer; anything but the one word, the input's end included, is a no; Ctrl-C at the question is the same as elsewhere.
 */
import { createInterface } from "node:readline/promises";
import type { Invocation } from "./invocation.js";

/** Whether somebody could answer. */
export function canAsk({ input, err, json }: Pick<Invocation, "input" | "err" | "json">): boolean {
  return !json && isTerminal(input) && isTerminal(err);
}

/** The declarations know of no stream without the field. */
function isTerminal(stream: { readonly isTTY?: boolean }): boolean {
  return stream.isTTY === true;
}

/** Whether the answer to `question` is `word`. @throws the signal's reason */
export async function isAnswered(
  question: string,
  word: string,
  { input, err, signal }: Pick<Invocation, "input" | "err" | "signal">,
): Promise<boolean> {
  const terminal = createInterface({ input, output: err });
  const closed = new Promise<string>((resolve) => terminal.once("close", () => resolve("")));
  const close = () => terminal.close();
  // At the question the terminal passes Ctrl-C on as a character.
  terminal.on("SIGINT", () => process.emit("SIGINT"));
  signal.addEventListener("abort", close, { once: true });
  try {
    const answer = await Promise.race([terminal.question(question), closed]);
    signal.throwIfAborted();
    return answer.trim() === word;
  } finally {
    signal.removeEventListener("abort", close);
    terminal.close();
  }
}
