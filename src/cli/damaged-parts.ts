/**
 * The parts of a walk that end at damage.
 *
 * Constraint: damage alone is passed over, and told at the end; every other failure ends the walk.
 */
import { StorageError } from "../errors.js";
import { counted, visible } from "./text.js";

/** See the module's description. */
export class DamagedParts {
  readonly #errors: StorageError[] = [];

  /** Whether nothing was damaged. */
  get isNone(): boolean {
    return this.#errors.length === 0;
  }

  /** What `part` gives, up to damage. @throws what is none */
  *upTo<T>(part: () => Iterable<T>): Generator<T> {
    try {
      yield* part();
    } catch (error) {
      this.note(error);
    }
  }

  /** Notes damage. @throws `error` where it is none */
  note(error: unknown): undefined {
    if (!(error instanceof StorageError && error.code === "ERR_STORAGE_CORRUPT")) throw error;
    this.#errors.push(error);
  }

  /** What is to be said of a dump of so many lines. */
  text(written: number): string {
    const messages = [...new Set(this.#errors.map(({ message }) => message))].map(
      (message) => `  ${message}\n`,
    );
    return visible(
      `The output is incomplete: it has ${counted(written, "line")}, and ${counted(this.#errors.length, "part")} of the store could not be read to the end:\n` +
        `${messages.join("")}\`agent-storage-engine repair\` tells what can be kept.\n`,
    );
  }
}
