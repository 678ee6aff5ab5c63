import type { ServiceDefinition } from "../model/definition.ts";

/** Fields whose keys are the user's, so that nothing in them may be left out. */
const USER_FIELDS = new Set(["Meta", "Config", "Header"]);

/**
 * A definition without its empty fields. A server takes an absent field as empty, and an older one refuses fields that it
 * does not know, even empty ones.
 */
export function serviceBody(service: ServiceDefinition): Readonly<Record<string, unknown>> {
  return withoutEmpty(service) as Record<string, unknown>;
}

function withoutEmpty(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutEmpty);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, item]) => [key, USER_FIELDS.has(key) ? item : withoutEmpty(item)] as const)
      .filter(([, item]) => !isEmpty(item)),
  );
}

function isEmpty(value: unknown): boolean {
  return value === null || value === undefined || value === "" || value === 0 || value === false;
}
