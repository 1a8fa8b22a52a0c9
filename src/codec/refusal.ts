/**
 * Refusing a value, and saying where in it the fault lies.
 *
 * Constraints: the way to a property is only put together once something was refused, so that sound
 * values pay nothing for it. A {@link Refusal} never leaves the codec; the encoder turns it into a
 * `StorageError`.
 *
 * Each container that a refusal passes through on its way out adds its own step, so the trail runs from
 * the inside out. A trail that meets the same container twice is a circle; the path then ends where the
 * circle closes instead of going round it.
 */
import { StorageError, type StorageErrorCode } from "../errors.js";

interface Step {
  readonly container: object;
  readonly key: string | number;
}

/** Thrown inside the codec where a value cannot be written. */
export class Refusal extends Error {
  readonly #trail: Step[] = [];

  constructor(
    readonly code: StorageErrorCode,
    reason: string,
    override readonly cause?: unknown,
  ) {
    super(reason);
  }

  /** `error` as a refusal; one that is none came from code of the caller's that reading a property ran. */
  static of(error: unknown): Refusal {
    if (error instanceof Refusal) return error;
    return new Refusal("ERR_STORAGE_UNSERIALIZABLE", "reading it failed", error);
  }

  /** This refusal with the step from `container` to `key` put before its trail. */
  through(container: object, key: string | number): this {
    this.#trail.push({ container, key });
    return this;
  }

  /** The error that the encoder's caller gets. */
  toError(): StorageError {
    const steps = this.#trail.reverse();
    const closing = circleEnd(steps);
    const property = pathOf(closing === undefined ? steps : steps.slice(0, closing));
    const reason = closing === undefined ? this.message : "it contains itself";
    const where = property === "" ? "the value" : property;
    return new StorageError(this.code, `cannot store ${where}: ${reason}`, { property, cause: this.cause });
  }
}

/** How many steps lead to the first container met a second time. */
function circleEnd(steps: readonly Step[]): number | undefined {
  const seen = new Set<object>();
  for (const [index, { container }] of steps.entries()) {
    if (seen.has(container)) return index;
    seen.add(container);
  }
  return undefined;
}

const IDENTIFIER = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u;

/** The steps as one would write them in code: `messages[3].content`, `metadata["a key"]`. */
function pathOf(steps: readonly Step[]): string {
  let path = "";
  for (const { key } of steps) {
    if (typeof key === "number") path += `[${key}]`;
    else if (!IDENTIFIER.test(key)) path += `[${JSON.stringify(key)}]`;
    else path += path === "" ? key : `.${key}`;
  }
  return path;
}
