import { type Agents, NODE_ID, poll } from "./agents.ts";
import { runCli } from "./cli-client.ts";
import { askDns } from "./dns-client.ts";
import { ask, type WireAnswer } from "./http-client.ts";
import { at, parseJson } from "./json.ts";
import { normalise, uuidsIn } from "./normalise.ts";
import { withoutOtherNode } from "./other-node.ts";
import { withoutUsage } from "./refine.ts";
import type { Answer, BlockRequest, Exchange, HttpAnswer, HttpRequest, Json, Request } from "./types.ts";

const HTTP_MS_MAX = 15_000;
const DNS_MS_MAX = 3_000;
const CLI_MS_MAX = 20_000;

/** What runs the exchanges of one area: the agent that is asked, whose command line speaks to it, and what was captured. */
export interface Runner {
  readonly agents: Agents;
  readonly cliBinary: string;
  /** How long an `until` may take. */
  readonly untilMsMax: number;
  readonly captured: Map<string, string>;
  readonly literal: Set<string>;
  /** Exchanges whose `until` never came true. */
  readonly unsettled: string[];
}

/** A runner that has captured nothing yet. */
export function newRunner(agents: Agents, cliBinary: string, untilMsMax: number): Runner {
  return { agents, cliBinary, untilMsMax, captured: new Map(), literal: new Set([NODE_ID]), unsettled: [] };
}

/** Runs one exchange and gives its normalised answer; a missing answer is an answer too, never an exception. */
export async function runExchange(runner: Runner, exchange: Exchange): Promise<Answer> {
  for (const uuid of uuidsIn(JSON.stringify(exchange.request))) runner.literal.add(uuid);
  const request = fill(exchange.request, runner.captured);
  let answer = await attempt(runner, request);
  if (exchange.until !== undefined || exchange.untilNot !== undefined) {
    const reached = await poll(runner.untilMsMax, async () => {
      if (settled(exchange, answer)) return true;
      answer = await attempt(runner, request);
      return settled(exchange, answer);
    });
    if (!reached) runner.unsettled.push(exchange.id);
  }
  compareIndexes(runner, exchange, answer);
  const { agents, captured, literal } = runner;
  const before = normalise(withoutOtherNode(answer), { ...agents, captured, literal });
  capture(runner, exchange, answer);
  return [...exchange.refine, withoutUsage].reduce((current, refine) => refine(current), before);
}

function settled(exchange: Exchange, answer: Answer): boolean {
  const text = plain(answer);
  if (exchange.until !== undefined && !text.includes(exchange.until)) return false;
  return exchange.untilNot === undefined || !text.includes(exchange.untilNot);
}

/** The answer as one text, for `until` and `text:` captures. */
function plain(answer: Answer): string {
  if (answer.kind === "http") return answer.text ?? JSON.stringify(answer.json ?? null);
  if (answer.kind === "cli") return answer.stdout;
  if (answer.kind === "dns") return [answer.rcode, ...answer.answer].join("\n");
  return "";
}

async function attempt(runner: Runner, request: Request): Promise<Answer> {
  try {
    if (request.kind === "http") return await askHttp(runner.agents.ports.http, request);
    if (request.kind === "block") return await askBlocking(runner.agents.ports.http, request);
    if (request.kind === "dns") return await askDns(runner.agents.ports.dns, request, DNS_MS_MAX);
    return await runCli(runner.cliBinary, runner.agents.ports.http, runner.agents.workDir, request, CLI_MS_MAX);
  } catch (error) {
    return { kind: "none", failure: error instanceof Error ? error.message : String(error) };
  }
}

async function askHttp(port: number, request: HttpRequest): Promise<HttpAnswer> {
  return read(await ask(port, request, HTTP_MS_MAX), request.raw);
}

const HARMLESS = { method: "GET", path: "/v1/status/leader", headers: {}, body: "" };
const ROUND_TRIPS_BEFORE_WRITE = 5;

/**
 * Nothing tells from outside that a query hangs. So the write follows after some round trips on other connections; should
 * it still come first, then the query finds the new index at once, which only matters where a write must not wake it.
 */
async function askBlocking(port: number, request: BlockRequest): Promise<HttpAnswer> {
  const started = performance.now();
  const query = ask(port, request.query, request.waitMs + HTTP_MS_MAX).then((wire) => ({
    wire,
    elapsedMs: performance.now() - started,
  }));
  const writes = (async () => {
    if (request.meanwhile.length === 0) return;
    for (let trip = 0; trip < ROUND_TRIPS_BEFORE_WRITE; trip++) await ask(port, HARMLESS, HTTP_MS_MAX);
    for (const write of request.meanwhile) await ask(port, write, HTTP_MS_MAX);
  })();
  const [{ wire, elapsedMs }] = await Promise.all([query, writes]);
  return { ...read(wire, request.query.raw), waited: elapsedMs < request.waitMs ? "answered early" : "timed out" };
}

const GZIP = "\u001f\u008b";

function read(wire: WireAnswer, raw: boolean): HttpAnswer {
  const answer: HttpAnswer = { kind: "http", status: wire.status, headers: { ...wire.headers } };
  if (wire.body.length === 0) return answer;
  if (wire.body.subarray(0, 2).toString("latin1") === GZIP) return { ...answer, text: "<gzip>" };
  const text = wire.body.toString();
  if (raw || !(wire.headers["content-type"] ?? "").startsWith("application/json")) return { ...answer, text };
  try {
    return { ...answer, layout: layoutOf(text), json: parseJson(text) };
  } catch {
    // Not JSON in spite of its type: the text itself is what clients get.
    return { ...answer, text };
  }
}

function layoutOf(text: string): NonNullable<HttpAnswer["layout"]> {
  const newline = text.endsWith("\n");
  const pretty = /\n {4}/.test(text);
  if (pretty) return newline ? "pretty" : "pretty without newline";
  return newline ? "compact with newline" : "compact";
}

function compareIndexes(runner: Runner, exchange: Exchange, answer: Answer): void {
  if (answer.kind !== "http" || exchange.compareTo.length === 0) return;
  const index = answer.headers["x-consul-index"];
  answer.indexIs = {};
  for (const name of exchange.compareTo) {
    const other = runner.captured.get(name);
    if (index === undefined || other === undefined) answer.indexIs[name] = "absent";
    else if (BigInt(index) === BigInt(other)) answer.indexIs[name] = "equal";
    else answer.indexIs[name] = BigInt(index) > BigInt(other) ? "higher" : "lower";
  }
}

function capture(runner: Runner, exchange: Exchange, answer: Answer): void {
  for (const [name, source] of Object.entries(exchange.capture)) {
    const value = captureOne(source, answer);
    // A value that is missing must not let an earlier area's value pass for it.
    runner.captured.set(name, value ?? `missing-${name}`);
  }
}

function captureOne(source: string, answer: Answer): string | undefined {
  const [kind, rest] = [source.slice(0, source.indexOf(":")), source.slice(source.indexOf(":") + 1)];
  if (kind === "text") return new RegExp(rest).exec(plain(answer))?.[1];
  if (answer.kind !== "http") return undefined;
  if (kind === "header") return answer.headers[rest];
  const value: Json | undefined = at(answer.json ?? null, rest);
  return value === undefined || value === null ? undefined : String(value);
}

/** Puts captured values in for `@{name}` everywhere in a request. Throws for a name that nothing captured. */
function fill<T extends Request>(request: T, captured: ReadonlyMap<string, string>): T {
  const json = JSON.stringify(request).replace(/@\{([\w-]+)\}/g, (_all, name: string) => {
    const value = captured.get(name);
    if (value === undefined) throw new Error(`nothing captured as ${name}`);
    return JSON.stringify(value).slice(1, -1);
  });
  return JSON.parse(json) as T;
}
