import type { Answer, Json } from "./types.ts";

/** The node that is there beside the recorded one when a client agent is asked. No script knows it. */
export const OTHER_NODE = "z1";

/** The answer without what it says of the other node: items of JSON lists, lines of tables. Anything else shows. */
export function withoutOtherNode(answer: Answer): Answer {
  if (answer.kind === "cli") return { ...answer, stdout: withoutLines(answer.stdout) };
  if (answer.kind !== "http" || answer.json === undefined) return answer;
  return { ...answer, json: withoutItems(answer.json) };
}

function withoutItems(value: Json): Json {
  if (Array.isArray(value)) return value.filter((item) => !isOfOtherNode(item)).map(withoutItems);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withoutItems(item)]));
}

/** Nodes, services and checks of the catalog, instances of services, members of a pool. */
function isOfOtherNode(item: Json): boolean {
  if (item === null || typeof item !== "object" || Array.isArray(item)) return false;
  const node = item.Node;
  if (node !== null && typeof node === "object" && !Array.isArray(node)) return node.Node === OTHER_NODE;
  return node === OTHER_NODE || item.Name === OTHER_NODE;
}

/** `watch` prints JSON, other commands tables that begin with a node's name. */
function withoutLines(output: string): string {
  if (!output.includes(OTHER_NODE)) return output;
  if (output.startsWith("[")) return `${JSON.stringify(withoutItems(JSON.parse(output) as Json), null, 4)}\n`;
  return output.replace(new RegExp(`^${OTHER_NODE}\\b.*\\n?`, "gm"), "");
}
