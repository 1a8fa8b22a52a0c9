/**
 * How long a random test goes on: a few fixed rounds among the other tests, or as long as a long run says.
 *
 * `ENGINE_SECONDS=n` lets it go on for that long, `ENGINE_ROUNDS=n` for that many rounds; `ENGINE_SEED=n` starts with that seed, so that a printed one
 * repeats what it showed. What was tried is printed as one line of JSON, which the command for long runs adds up.
 */

/** What the line with a test's figures starts with. */
const FIGURES = "figures: ";

/** The seeds of a test's rounds: `rounds` of them from `first` on, unless the environment says otherwise. Prints the first. */
export function* seeds(first: number, rounds: number): Generator<number> {
  const from = fromEnvironment("ENGINE_SEED") ?? first;
  const seconds = fromEnvironment("ENGINE_SECONDS");
  const most =
    fromEnvironment("ENGINE_ROUNDS") ?? (seconds === undefined ? rounds : Number.POSITIVE_INFINITY);
  console.info(`seeds from ${from}`);
  const end = Date.now() + (seconds ?? Number.POSITIVE_INFINITY) * 1000;
  for (let round = 0; round < most && Date.now() < end; round += 1) yield from + round;
}

/** The time that vitest is to allow a test: a guard only, and none in a long run. */
export function timeoutOf(shortRunMs: number): number {
  const isLong = ["ENGINE_SECONDS", "ENGINE_ROUNDS"].some((name) => fromEnvironment(name) !== undefined);
  // Vitest's word for none.
  return isLong ? 0 : shortRunMs;
}

/** Prints how many of what were tried. */
export function printFigures(figures: Readonly<Record<string, number>>): void {
  console.info(`${FIGURES}${JSON.stringify(figures)}`);
}

function fromEnvironment(name: string): number | undefined {
  const value = process.env[name];
  if (value === undefined) return undefined;
  const number = Number(value);
  if (!Number.isSafeInteger(number) || number < 0) throw new Error(`${name} is no whole number: ${value}`);
  return number;
}
