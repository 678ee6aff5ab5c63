import { NS_PER_MS, parseDurationNs } from "../../lib/duration.ts";

/** Posts what changed to a URL. */
export interface HttpHandler {
  readonly kind: "http";
  readonly url: string;
  readonly method: string;
  readonly timeoutMs: number;
  readonly header: Readonly<Record<string, readonly string[]>>;
  readonly skipVerify: boolean;
}

const TIMEOUT_MS = 10_000;
const TEXTS = ["path", "method", "timeout"];

/** Decodes `http_handler_config`: keys without regard to case, unknown ones ignored. Throws with Consul's text. */
export function readHttpHandler(value: unknown): HttpHandler {
  if (!isMap(value)) throw new Error(`'' expected a map, got '${goType(value)}'`);
  const given = new Map(Object.entries(value).map(([name, item]) => [name.toLowerCase(), item]));
  const wrong = [...wrongScalars(given), ...wrongHeaders(given.get("header"))].sort();
  if (wrong.length > 0)
    throw new Error(`${wrong.length} error(s) decoding:\n\n${wrong.map((line) => `* ${line}`).join("\n")}`);
  const text = (name: string) => String(given.get(name) ?? "");
  const timeoutMs = text("timeout") === "" ? TIMEOUT_MS : readTimeoutMs(text("timeout"));
  const url = text("path");
  if (url === "") throw new Error("Requires 'path' to be set");
  const header = Object.fromEntries(Object.entries((given.get("header") ?? {}) as Record<string, string[]>));
  return {
    kind: "http",
    ...{ url, timeoutMs, header },
    method: text("method") || "POST",
    skipVerify: given.get("tls_skip_verify") === true,
  };
}

/** Milliseconds of a time limit. Throws with Consul's text. */
export function readTimeoutMs(text: string): number {
  let ms: number;
  try {
    ms = parseDurationNs(text) / NS_PER_MS;
  } catch (error) {
    throw new Error(`Failed to parse timeout: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (ms <= 0) throw new Error(`Failed to parse timeout: ${JSON.stringify(text)} is no time to run in`);
  return ms;
}

function wrongScalars(given: ReadonlyMap<string, unknown>): string[] {
  const wrong = (name: string, type: string) =>
    `'${name}' expected type '${type}', got unconvertible type '${goType(given.get(name))}'`;
  const isWrong = (name: string, type: string) => given.get(name) != null && typeof given.get(name) !== type;
  const texts = TEXTS.filter((name) => isWrong(name, "string")).map((name) => wrong(name, "string"));
  return isWrong("tls_skip_verify", "boolean") ? [...texts, wrong("tls_skip_verify", "bool")] : texts;
}

function wrongHeaders(header: unknown): string[] {
  if (header == null) return [];
  if (!isMap(header)) return [`'header' expected a map, got '${goType(header)}'`];
  return Object.entries(header).flatMap(([name, values]) => {
    if (!Array.isArray(values))
      return [`'header[${name}]': source data must be an array or slice, got ${goType(values)}`];
    return values.flatMap((value, at) =>
      typeof value === "string"
        ? []
        : [`'header[${name}][${at}]' expected type 'string', got unconvertible type '${goType(value)}'`],
    );
  });
}

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function goType(value: unknown): string {
  if (Array.isArray(value)) return "[]interface {}";
  if (isMap(value)) return "map[string]interface {}";
  if (typeof value === "number") return "float64";
  return typeof value === "boolean" ? "bool" : typeof value;
}
