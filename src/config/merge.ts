import { isRaw, type Raw, type RawValue, setOwn } from "./raw.ts";

/**
 * Later sources over earlier ones: scalars replace, lists are appended, objects are merged key by key. Neither
 * argument is changed.
 */
export function mergeRaw(earlier: Raw, later: Raw): Raw {
  const result: Raw = { ...earlier };
  for (const [name, value] of Object.entries(later))
    setOwn(result, name, mergeValue(Object.hasOwn(result, name) ? result[name] : undefined, value));
  return result;
}

function mergeValue(earlier: RawValue, later: RawValue): RawValue {
  if (Array.isArray(earlier) && Array.isArray(later)) return [...earlier, ...later];
  if (isRaw(earlier) && isRaw(later)) return mergeRaw(earlier, later);
  return later;
}
