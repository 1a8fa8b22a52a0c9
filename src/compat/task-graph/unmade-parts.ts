/**
 * Properties of an object that are made when they are looked at first, and are its own from then on.
 *
 * Constraints:
 * - whatever is done to the object does not show the difference: it is frozen, copied with its descriptors, spread, cloned, inherited from, or looked at through a proxy;
 * - a part that could not be made tells why at every look;
 * - what a part is made of is kept until the object has the part as its own, or another value in its place.
 */

/** What makes the parts, each by its name. */
export type Makers = Readonly<Record<string, () => unknown>>;

/** Where an object keeps it. Whoever copies the object, or looks at it through a proxy, does not see it. It can be changed, or a proxy could not hand out another object in its place. */
const MAKE = Symbol("makes the parts");

interface Unmade {
  readonly [MAKE]: Makers;
}

/** Lets `target` have parts, which {@link defineUnmade} then puts where they belong. */
export function setMakers(target: object, makers: Makers): void {
  Reflect.defineProperty(target, MAKE, { value: makers, writable: true, configurable: true });
}

/** Defines a part that nobody has looked at. */
export function defineUnmade(target: object, name: string): void {
  const accessor = ACCESSORS.get(name) ?? accessorOf(name);
  ACCESSORS.set(name, accessor);
  Reflect.defineProperty(target, name, accessor);
}

/** A maker that makes one value, or fails once, however often it is asked. */
export function once<T>(make: () => T): () => T {
  let outcome: (() => T) | undefined;
  return () => {
    outcome ??= outcomeOf(make);
    return outcome();
  };
}

function outcomeOf<T>(make: () => T): () => T {
  try {
    const value = make();
    return () => value;
  } catch (thrown) {
    return () => {
      throw thrown;
    };
  }
}

/**
 * The accessors, by name: one and the same for all objects. V8 keeps an accessor with the shapes of the objects that have it, so that one that knew its object would keep that
 * alive until the next collection of the whole heap.
 */
const ACCESSORS = new Map<string, PropertyDescriptor & ThisType<Unmade>>();

function accessorOf(name: string): PropertyDescriptor & ThisType<Unmade> {
  return {
    enumerable: true,
    configurable: true,
    get() {
      const part = this[MAKE][name]?.();
      // Where that is refused, as by an object that was frozen, it is asked again at the next look.
      settle(this, name, part);
      return part;
    },
    set(value: unknown) {
      if (!settle(this, name, value)) throw new TypeError(`Cannot assign to the read only property ${name}`);
    },
  };
}

/** Makes `value` the object's own, which then needs to make it no more. What shares its makers still does. */
function settle(target: Unmade, name: string, value: unknown): boolean {
  const isSettled = Reflect.defineProperty(target, name, {
    ...{ value, enumerable: true, configurable: true, writable: true },
  });
  if (isSettled && Object.hasOwn(target, MAKE)) {
    const { [name]: _made, ...others } = target[MAKE];
    setMakers(target, others);
  }
  return isSettled;
}
