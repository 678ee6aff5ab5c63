/** The reference of configuration keys as Markdown, from the table. */
import { defaultsOf } from "./defaults.ts";
import { CHECK_DEFINITION } from "./schema/check-definition.ts";
import type { Key, Section } from "./schema/key.ts";
import { RENAMED } from "./schema/old-names.ts";
import { SERVICE_DEFINITION } from "./schema/service-definition.ts";
import { GROUPS } from "./schema/top.ts";

const INTRODUCTION = `# Configuration

<!-- Made from src/config/schema by scripts/config-docs.ts; do not edit. -->

Files are JSON or HCL. Sources are merged in this order, and later ones win: defaults, the defaults of \`-dev\`, files and
directories as on the command line, \`-hcl\` fragments, single flags. Scalars replace, lists are appended, objects are
merged key by key. An unknown key or a value of the wrong kind stops the start with its name.

Durations are texts such as \`30s\`. An address may be an IP, the name of an interface, a CIDR that selects among the
machine's addresses, or a template such as \`{{ GetPrivateIP }}\`, \`{{ GetInterfaceIP "eth0" }}\` or
\`{{ GetAllInterfaces | include "network" "10.0.0.0/8" | attr "address" }}\`.

*R*: a reload applies it. *—*: understood, without effect so far; a warning at the start names it.
`;

/** The whole document. */
export function configurationDocs(): string {
  const parts = [INTRODUCTION];
  for (const [title, keys] of Object.entries(GROUPS)) parts.push(`## ${title}\n`, table(keys));
  parts.push("## A service\n", table(SERVICE_DEFINITION), "## A check\n", table(CHECK_DEFINITION));
  return `${parts.join("\n").trimEnd()}\n`;
}

function table(keys: Section): string {
  const rows = rowsOf(keys, "", new Set());
  return `| Key | Kind | Default | Flag | Mark | Meaning |\n|---|---|---|---|---|---|\n${rows.join("\n")}\n`;
}

function rowsOf(keys: Section, path: string, open: ReadonlySet<Section>): string[] {
  return Object.entries(keys).flatMap(([name, key]) => {
    const own = row(`${path}${name}`, name, key);
    const inner = key.kind === "section" ? key.keys : isDefinition(key) ? key.keys() : undefined;
    // A definition inside itself, and those with tables of their own, are named and not repeated.
    if (inner === undefined || open.has(inner) || inner === SERVICE_DEFINITION || inner === CHECK_DEFINITION)
      return [own];
    return [own, ...rowsOf(inner, `${path}${name}${suffix(key)}.`, new Set([...open, inner]))];
  });
}

function isDefinition(key: Key): key is Extract<Key, { keys: () => Section }> {
  return key.kind === "definition" || key.kind === "definition-list" || key.kind === "definition-map";
}

function suffix(key: Key): string {
  return key.kind === "definition-list" ? "[]" : key.kind === "definition-map" ? ".*" : "";
}

const KINDS: Readonly<Record<Key["kind"], string>> = {
  string: "text",
  bool: "bool",
  int: "number",
  uint: "number",
  float: "number",
  duration: "duration",
  strings: "texts",
  "string-map": "texts by text",
  "duration-map": "durations by text",
  "strings-map": "lists by text",
  any: "object",
  "any-list": "list",
  section: "object",
  definition: "object",
  "definition-list": "list",
  "definition-map": "objects by text",
};

function row(path: string, name: string, key: Key): string {
  const marks = [key.status === "accepted" ? "—" : key.reloadable ? "R" : "", key.since ? `Consul ${key.since}` : ""];
  const renamed = Object.hasOwn(RENAMED, name) ? RENAMED[name as keyof typeof RENAMED].join(".") : undefined;
  const doc = renamed === undefined ? key.doc : `Old name of \`${renamed}\`.`;
  const flag = key.flag === undefined ? "" : `\`-${key.flag}\``;
  const cells = [`\`${path}\``, KINDS[key.kind], defaultText(name, key), flag, marks.filter(Boolean).join(", "), doc];
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}

function defaultText(name: string, key: Key): string {
  if (key.kind === "section") return "";
  const value = defaultsOf({ [name]: key })[name];
  if (value === undefined || value === "" || (typeof value === "object" && Object.keys(value ?? {}).length === 0))
    return "";
  return `\`${typeof value === "number" && !Number.isFinite(value) ? "no limit" : value}\``;
}
