export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Name of Go's kind of a JSON value. */
export function goKind(json: unknown): string {
  if (Array.isArray(json)) return "slice";
  if (typeof json === "number" || typeof json === "bigint") return "float64";
  if (typeof json === "boolean") return "bool";
  return typeof json === "string" ? "string" : "map";
}

/** Several errors as one, as Go's `multierror` says them. */
export function manyErrors(errors: readonly string[]): string {
  const head = errors.length === 1 ? "1 error occurred:" : `${errors.length} errors occurred:`;
  return `${head}\n${errors.map((error) => `\t* ${error}\n`).join("")}\n`;
}

/** The first text that is there a second time. */
export function firstRepeated(texts: readonly string[]): string | undefined {
  const seen = new Set<string>();
  return texts.find((text) => seen.size === seen.add(text).size);
}
