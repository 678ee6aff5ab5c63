import { goJsonSyntaxError } from "../lang/go-json-errors.ts";
import { parseHcl } from "../lang/hcl/parse.ts";
import { decodeRaw } from "./decode.ts";
import { ConfigError } from "./error.ts";
import { getAt, isRaw, type Raw, setAt } from "./raw.ts";
import { RENAMED } from "./schema/old-names.ts";
import { TOP } from "./schema/top.ts";

/** One file's content, or one `-hcl` fragment. */
export interface ConfigSource {
  /** For messages: the path of the file, or `flags-0.hcl` for a fragment. */
  readonly name: string;
  readonly format: "json" | "hcl";
  readonly text: string;
}

/** Longest text of one source. */
export const SOURCE_CHARS_MAX = 4 * 1024 * 1024;

/** Parses and decodes one source; `warnings` gets a line for a key that Consul calls deprecated. Throws ConfigError, `failed to parse <name>: ...`. */
export function readSource(source: ConfigSource, warnings = new Set<string>()): Raw {
  try {
    if (source.text.length > SOURCE_CHARS_MAX) throw new ConfigError(`text exceeds ${SOURCE_CHARS_MAX} characters`);
    const raw = decodeRaw(TOP, source.format === "hcl" ? parseHcl(source.text) : parseJson(source.text), source.format);
    moveOldNames(raw, warnings);
    joinSingular(raw, "service", "services");
    joinSingular(raw, "check", "checks");
    return raw;
  } catch (error) {
    if (error instanceof Error) throw new ConfigError(`failed to parse ${source.name}: ${error.message}`);
    throw error;
  }
}

/** Deepest nesting of a JSON document; deeper ones are refused before anything walks them. */
const JSON_DEPTH_MAX = 200;

function parseJson(text: string): Raw {
  if (text.trim() === "") return {};
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch {
    const why = goJsonSyntaxError(text);
    throw new ConfigError(why === "unexpected EOF" ? "unexpected end of JSON input" : why);
  }
  if (data === null) return {};
  if (!isRaw(data)) {
    const kind = Array.isArray(data) ? "array" : typeof data === "boolean" ? "bool" : typeof data;
    throw new ConfigError(`json: cannot unmarshal ${kind} into Go value of type map[string]interface {}`);
  }
  checkDepth(data, 0);
  return data;
}

function checkDepth(value: unknown, depth: number): void {
  if (depth > JSON_DEPTH_MAX) throw new ConfigError(`nested deeper than ${JSON_DEPTH_MAX} levels`);
  if (Array.isArray(value)) for (const item of value) checkDepth(item, depth + 1);
  else if (isRaw(value)) for (const item of Object.values(value)) checkDepth(item, depth + 1);
}

function moveOldNames(raw: Raw, warnings: Set<string>): void {
  for (const [name, path] of Object.entries(RENAMED)) {
    const value = raw[name];
    delete raw[name];
    if (value === undefined) continue;
    if (getAt(raw, path) === undefined) setAt(raw, path, value);
    if (name === "acl_datacenter")
      warnings.add("The 'acl_datacenter' field is deprecated. Use the 'primary_datacenter' field instead.");
    // A named authority was how access control was turned on before it had a section.
    if (name === "acl_datacenter" && value !== "" && getAt(raw, ["acl", "enabled"]) === undefined)
      setAt(raw, ["acl", "enabled"], true);
  }
}

function joinSingular(raw: Raw, one: string, many: string): void {
  const single = raw[one];
  delete raw[one];
  if (single === undefined) return;
  const list = raw[many];
  raw[many] = [...(Array.isArray(list) ? list : []), single];
}
