/** What `retry_join`, `start_join` and a join over the API name: a host, or a way to find hosts. */
import { parseDurationMs } from "../lib/duration.ts";
import { ConfigError } from "./error.ts";

export type JoinTarget = HostTarget | MdnsTarget | ExecTarget;

export interface HostTarget {
  readonly kind: "host";
  /** As it was written. */
  readonly text: string;
  /** A name, or an address without brackets. */
  readonly host: string;
  readonly port: number;
}

/** Members that say over multicast DNS that they offer a service. */
export interface MdnsTarget {
  readonly kind: "mdns";
  readonly text: string;
  /** `_muster._tcp`, say. */
  readonly service: string;
  readonly domain: string;
  readonly timeoutMs: number;
  readonly v4: boolean;
  readonly v6: boolean;
}

/** A program that prints addresses, separated by blanks. */
export interface ExecTarget {
  readonly kind: "exec";
  readonly text: string;
  readonly command: readonly string[];
  readonly port: number;
}

const PORT_MAX = 65_535;
/** Where it does not matter which. */
const ANY_PORT = 1;
const TEXT_CHARS_MAX = 4096;
const MDNS_TIMEOUT_MS = 5000;
const MDNS_TIMEOUT_MS_MAX = 60_000;

/**
 * Reads `host`, `host:port`, `ip`, `[v6]`, `[v6]:port`, a bare IPv6 address, `provider=mdns service=...`, or
 * `exec=PROGRAM ARGUMENT...`. Throws ConfigError that tells what is wrong.
 */
export function parseJoinTarget(text: string, defaultPort: number): JoinTarget {
  const trimmed = text.trim();
  if (trimmed.length > TEXT_CHARS_MAX) throw new ConfigError(`an address to join exceeds ${TEXT_CHARS_MAX} characters`);
  if (trimmed.startsWith("exec=")) return execTarget(trimmed, defaultPort);
  return /(^|\s)provider=/.test(trimmed) ? providerTarget(trimmed) : hostTarget(trimmed, defaultPort);
}

function hostTarget(text: string, defaultPort: number): HostTarget {
  const isBareV6 = text.split(":").length > 2 && !text.startsWith("[");
  const [, v6, name, digits] = isBareV6
    ? [text, text]
    : (/^(?:\[([^\]]+)\]|([^:[\]\s]+))(?::(\d{1,5}))?$/.exec(text) ?? []);
  const host = v6 ?? name;
  if (host === undefined)
    throw new ConfigError(`${JSON.stringify(text)} is not an address to join: write host or host:port`);
  const port = digits === undefined ? defaultPort : Number(digits);
  if (port < 1 || port > PORT_MAX)
    throw new ConfigError(`${JSON.stringify(text)}: a port is between 1 and ${PORT_MAX}`);
  return { kind: "host", text, host, port };
}

function execTarget(text: string, port: number): ExecTarget {
  const command = text.slice("exec=".length).split(/\s+/).filter(Boolean);
  if (command.length === 0) throw new ConfigError(`${JSON.stringify(text)} names no program`);
  return { kind: "exec", text, command, port };
}

const WORD = String.raw`(?:"((?:[^"\\]|\\.)*)"|([^\s"=\\]+))`;
const PAIR = new RegExp(`\\s*${WORD}=${WORD}(?=\\s|$)`, "y");

/** Words of go-discover: `key=value`, either in quotes when it has blanks. */
function pairsOf(text: string): ReadonlyMap<string, string> {
  const pairs = new Map<string, string>();
  PAIR.lastIndex = 0;
  let end = 0;
  for (let found = PAIR.exec(text); found !== null; found = PAIR.exec(text)) {
    const [, quotedKey, key = unescaped(quotedKey), quotedValue, value = unescaped(quotedValue)] = found;
    if (pairs.has(key)) throw new ConfigError(`${JSON.stringify(text)}: ${key}: duplicate key`);
    pairs.set(key, value);
    end = PAIR.lastIndex;
  }
  if (end < text.length)
    throw new ConfigError(`${JSON.stringify(text)}: write key=value, and quotes around what has blanks or "="`);
  return pairs;
}

const unescaped = (quoted = "") => quoted.replace(/\\(.)/g, "$1");

function providerTarget(text: string): MdnsTarget {
  const pairs = pairsOf(text);
  const provider = pairs.get("provider") ?? "";
  if (provider !== "mdns")
    throw new ConfigError(
      `discover: unknown provider ${provider}: members are found by address, by DNS name, with provider=mdns, or by a ` +
        `program that prints addresses, such as go-discover's: "exec=discover -q addrs ${text.replaceAll('"', "")}"`,
    );
  const service = pairs.get("service") ?? "";
  if (service === "")
    throw new ConfigError("discover-mdns: Service record not provided. Name it, for example service=_muster._tcp");
  return {
    kind: "mdns",
    text,
    service: service.replace(/^\.+|\.+$/g, ""),
    domain: (pairs.get("domain") || "local").replace(/^\.+|\.+$/g, ""),
    timeoutMs: timeoutOf(pairs.get("timeout")),
    v4: flagOf("v4", pairs.get("v4")),
    v6: flagOf("v6", pairs.get("v6")),
  };
}

function timeoutOf(text: string | undefined): number {
  if (text === undefined || text === "") return MDNS_TIMEOUT_MS;
  try {
    return Math.min(Math.max(parseDurationMs(text), 0), MDNS_TIMEOUT_MS_MAX);
  } catch (error) {
    throw new ConfigError(`discover-mdns: Failed to parse timeout: ${error instanceof Error ? error.message : error}`);
  }
}

function flagOf(name: string, text = "true"): boolean {
  if (["1", "t", "T", "true", "TRUE", "True", ""].includes(text)) return true;
  if (["0", "f", "F", "false", "FALSE", "False"].includes(text)) return false;
  throw new ConfigError(`discover-mdns: Failed to parse ${name}: ${JSON.stringify(text)} is neither true nor false`);
}

interface JoinKeys {
  readonly startJoin: readonly string[];
  readonly retryJoin: readonly string[];
  readonly startJoinWan: readonly string[];
  readonly retryJoinWan: readonly string[];
}

/** Refuses what can't be joined before anything runs; throws ConfigError with the key's name. */
export function validateJoinTargets(config: JoinKeys): void {
  for (const [name, texts] of [
    ["start_join", config.startJoin],
    ["retry_join", config.retryJoin],
    ["start_join_wan", config.startJoinWan],
    ["retry_join_wan", config.retryJoinWan],
  ] as const)
    for (const text of texts) {
      try {
        parseJoinTarget(text, ANY_PORT);
      } catch (error) {
        if (error instanceof ConfigError) throw new ConfigError(`${name}: ${error.message}`);
        throw error;
      }
    }
}
