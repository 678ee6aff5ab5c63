import { mapLeaves } from "./json.ts";
import type { Ports } from "./ports.ts";
import type { Answer, DnsAnswer, HttpAnswer, Json } from "./types.ts";

/** What a run knows of its own agents and has captured so far. */
export interface Known {
  readonly ports: Ports;
  readonly dir: string;
  readonly startIndex: number;
  /** Captured values by name. */
  readonly captured: ReadonlyMap<string, string>;
  /** UUIDs that the script itself wrote into requests; they stay as they are. */
  readonly literal: ReadonlySet<string>;
}

const UUID = /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi;
const TIME = /\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)/g;
const INDEX_KEYS = new Set(["CreateIndex", "ModifyIndex", "Index"]);
const INDEX_IN_TEXT = /("?\b(?:CreateIndex|ModifyIndex)"?:?\s*)(\d+)/g;
const VERSION_KEYS = new Set(["version", "Version", "build"]);
const VERSION = /^\d+\.\d+\.\d+\S*$/;
const CAPTURED_CHARS_MIN = 8;

const KEPT_HEADERS =
  /^(content-type|content-encoding|content-security-policy|vary|allow|location|age|retry-after|x-.*)$/;

/** The answer without what differs from run to run: ids, ports, times; indexes become ranks within the answer. */
export function normalise(answer: Answer, known: Known): Answer {
  if (answer.kind === "none") return answer;
  const text = textNormaliser(known);
  if (answer.kind === "dns") return normaliseDns(answer, text);
  if (answer.kind === "cli") {
    const ranks = ranksOf(known, [answer.stdout, answer.stderr], [], []);
    const clean = (output: string) => programName(text(rankText(output, ranks)));
    return { ...answer, stdout: clean(answer.stdout), stderr: clean(answer.stderr) };
  }
  return normaliseHttp(answer, known, text);
}

function normaliseDns(answer: DnsAnswer, text: (value: string) => string): DnsAnswer {
  const clean = (lines: readonly string[]) => lines.map(text).sort();
  return {
    ...answer,
    question: clean(answer.question),
    answer: clean(answer.answer),
    authority: clean(answer.authority),
    additional: clean(answer.additional),
  };
}

function normaliseHttp(answer: HttpAnswer, known: Known, text: (value: string) => string): HttpAnswer {
  const headerIndex = answer.headers["x-consul-index"];
  const ranks = ranksOf(
    known,
    [answer.text ?? ""],
    [answer.json ?? null],
    headerIndex === undefined ? [] : [headerIndex],
  );
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(answer.headers).sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (!KEPT_HEADERS.test(name)) continue;
    headers[name] = headerValue(name, value, ranks, text);
  }
  const clean: HttpAnswer = { ...answer, headers };
  if (answer.text !== undefined) clean.text = text(rankText(answer.text, ranks));
  if (answer.json !== undefined)
    clean.json = mapLeaves(answer.json, (leaf, key) => leafValue(leaf, key, ranks, known, text));
  return clean;
}

function headerValue(name: string, value: string, ranks: ReadonlyMap<string, string>, text: (value: string) => string) {
  if (name === "x-consul-index") return ranks.get(value) ?? value;
  if (name === "age") return "<seconds>";
  if (name === "x-consul-contenthash") return text(value).replace(/^[0-9a-f]{8,}$/, "<hash>");
  return text(value);
}

function leafValue(
  leaf: Json,
  key: string,
  ranks: ReadonlyMap<string, string>,
  known: Known,
  text: (value: string) => string,
): Json {
  if (typeof leaf === "number") {
    if (INDEX_KEYS.has(key)) return ranks.get(String(leaf)) ?? leaf;
    return portName(leaf, known.ports) ?? leaf;
  }
  if (typeof leaf !== "string") return leaf;
  if (VERSION_KEYS.has(key) && VERSION.test(leaf)) return "<version>";
  if (key === "Revision") return "<revision>";
  if (key === "ContentHash") return text(leaf).replace(/^[0-9a-f]{8,}$/, "<hash>");
  return text(leaf);
}

/**
 * Ranks of all indexes of an answer, lowest first, so that equal, older and newer stay visible. 0 stays 0; what was
 * there before the first exchange is `<start>`.
 */
function ranksOf(
  known: Known,
  texts: readonly string[],
  bodies: readonly Json[],
  others: readonly string[],
): Map<string, string> {
  const values = new Set<string>(others);
  for (const text of texts) for (const match of text.matchAll(INDEX_IN_TEXT)) values.add(match[2] ?? "0");
  const collect = (leaf: Json, key: string) => {
    if (typeof leaf === "number" && INDEX_KEYS.has(key)) values.add(String(leaf));
    return leaf;
  };
  for (const body of bodies) mapLeaves(body, collect);
  const sorted = [...values].filter((value) => /^[1-9]\d*$/.test(value)).map(BigInt);
  sorted.sort((a, b) => (a < b ? -1 : 1));
  const old = sorted.filter((value) => value <= known.startIndex);
  return new Map(
    sorted.map((value, rank) => [String(value), rank < old.length ? "<start>" : `<index${rank + 1 - old.length}>`]),
  );
}

function rankText(text: string, ranks: ReadonlyMap<string, string>): string {
  return text.replace(INDEX_IN_TEXT, (_all, before: string, value: string) => `${before}${ranks.get(value) ?? value}`);
}

function textNormaliser(known: Known): (value: string) => string {
  const seen = new Map<string, string>();
  const ports = Object.entries(known.ports).map(([name, port]): [RegExp, string] => [
    new RegExp(`(?<![\\d.])${port}(?!\\d)`, "g"),
    `<${portLabel(name)}>`,
  ]);
  const captured = [...known.captured].filter(
    ([, value]) => value.length >= CAPTURED_CHARS_MIN && !/^\d+$/.test(value),
  );
  return (value) => {
    let text = value.replaceAll(known.dir, "<dir>");
    for (const [name, found] of captured) text = text.replaceAll(found, `@{${name}}`);
    text = text.replace(TIME, "<time>").replace(UUID, (uuid) => {
      if (known.literal.has(uuid)) return uuid;
      const label = seen.get(uuid) ?? `<uuid${seen.size + 1}>`;
      seen.set(uuid, label);
      return label;
    });
    for (const [pattern, label] of ports) text = text.replace(pattern, label);
    return text;
  };
}

function portName(value: number, ports: Ports): string | undefined {
  const found = Object.entries(ports).find(([, port]) => port === value);
  return found && `<${portLabel(found[0])}>`;
}

function portLabel(name: string): string {
  return `${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}-port`;
}

/** Both programs name themselves in their texts; the domain and the service `consul` are left alone. */
function programName(text: string): string {
  return text
    .replace(/\b(Consul|Muster) v\d+\.\d+\.\d+\S*/g, "<Prog> v<version>")
    .replace(/\b(Consul|Muster)\b/g, "<Prog>")
    .replace(/\b(consul|muster)(?= [a-z<-])/g, "<prog>");
}

/** The UUIDs in a text. */
export function uuidsIn(text: string): string[] {
  return text.match(UUID) ?? [];
}
