/** What is told of a value that may be a secret. */
const HIDDEN = '"<hidden>"';
const SECRETS = new Set(["token", "header"]);

/** Plain data as Go prints it with `%#v`, which is how Consul shows a definition that it refuses; without its secrets. */
export function goSyntax(value: unknown): string {
  if (value === null || value === undefined) return "interface {}(nil)";
  if (Array.isArray(value)) return `[]interface {}{${value.map(goSyntax).join(", ")}}`;
  if (typeof value !== "object") return JSON.stringify(value);
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  const pairs = entries.map(([key, item]) => `${JSON.stringify(key)}:${isSecret(key, item) ? HIDDEN : goSyntax(item)}`);
  return `map[string]interface {}{${pairs.join(", ")}}`;
}

/** A value of another kind than a secret has is none, and shows what is wrong. */
function isSecret(key: string, value: unknown): boolean {
  return SECRETS.has(key.toLowerCase()) && (typeof value === "string" || (typeof value === "object" && value !== null));
}
