/**
 * The symbols of `using` and `await using`.
 *
 * Constraints: code that runs in a context of its own, as under some test runners, lacks them on Node 20; a method must not be called "undefined" there.
 */
const known: Partial<Pick<SymbolConstructor, "dispose" | "asyncDispose">> = Symbol;

export const dispose: typeof Symbol.dispose = (known.dispose ??
  Symbol.for("Symbol.dispose")) as typeof Symbol.dispose;
export const asyncDispose: typeof Symbol.asyncDispose = (known.asyncDispose ??
  Symbol.for("Symbol.asyncDispose")) as typeof Symbol.asyncDispose;
