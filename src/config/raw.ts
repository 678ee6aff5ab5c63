/** Configuration as files write it: keys in snake case, durations as texts, absent keys absent. */
export type RawValue = unknown;
export interface Raw {
  [key: string]: RawValue;
}

/** True for plain objects. */
export function isRaw(value: unknown): value is Raw {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The value at `path`, or undefined. */
export function getAt(raw: Raw, path: readonly string[]): RawValue {
  let value: RawValue = raw;
  for (const name of path) value = isRaw(value) && Object.hasOwn(value, name) ? value[name] : undefined;
  return value;
}

/** Puts `value` at `path`, making the objects on the way. */
export function setAt(raw: Raw, path: readonly string[], value: RawValue): void {
  let target = raw;
  for (const name of path.slice(0, -1)) {
    const inner = Object.hasOwn(target, name) ? target[name] : undefined;
    if (isRaw(inner)) target = inner;
    else {
      const made: Raw = {};
      setOwn(target, name, made);
      target = made;
    }
  }
  setOwn(target, path.at(-1) ?? "", value);
}

/** Sets a key even when it is `__proto__`. */
export function setOwn(raw: Raw, key: string, value: RawValue): void {
  Object.defineProperty(raw, key, { value, enumerable: true, configurable: true, writable: true });
}
