import { parseDurationMs } from "../../../src/lib/duration.ts";
import type { Area, BlockRequest, Capture, Exchange, HttpRequest, Json, Refinement, Request } from "./types.ts";

/** What every kind of exchange may add. */
export interface Options {
  readonly capture?: Readonly<Record<string, Capture>>;
  readonly until?: string;
  readonly untilNot?: string;
  readonly compareTo?: readonly string[];
  readonly refine?: readonly Refinement[];
}

export interface HttpOptions extends Options {
  readonly headers?: Readonly<Record<string, string>>;
  /** An object or array is sent as JSON, a string as it is. */
  readonly body?: Json;
  readonly raw?: boolean;
}

/** One area; ids of its exchanges get `name/` in front. Throws when two exchanges share an id. */
export function area(name: string, exchanges: readonly Exchange[], config: Readonly<Record<string, Json>> = {}): Area {
  const named = exchanges.map((exchange) => ({ ...exchange, id: `${name}/${exchange.id}` }));
  const ids = new Set<string>();
  for (const { id } of named) {
    if (ids.has(id)) throw new Error(`two exchanges share the id ${id}`);
    ids.add(id);
  }
  return { name, config, exchanges: named };
}

/** One HTTP exchange; `line` is `METHOD path`. */
export function http(id: string, line: string, options: HttpOptions = {}): Exchange {
  return exchange(id, httpRequest(line, options), options);
}

/** A write and its body, for the `meanwhile` of a blocking query. */
export function httpRequest(line: string, options: HttpOptions = {}): HttpRequest {
  const space = line.indexOf(" ");
  const body = options.body ?? "";
  return {
    kind: "http",
    method: line.slice(0, space),
    path: line.slice(space + 1),
    headers: options.headers ?? {},
    body: typeof body === "string" ? body : JSON.stringify(body),
    raw: options.raw ?? false,
  };
}

/** A blocking query: `line` must hold `wait=`; the answer tells whether it came early or after the wait. */
export function blocking(
  id: string,
  line: string,
  options: HttpOptions & { readonly meanwhile?: readonly HttpRequest[] } = {},
): Exchange {
  const wait = /[?&]wait=([^&]+)/.exec(line)?.[1];
  if (wait === undefined) throw new Error(`${id}: a blocking query needs a wait`);
  const request: BlockRequest = {
    kind: "block",
    query: httpRequest(line, options),
    waitMs: parseDurationMs(wait),
    meanwhile: options.meanwhile ?? [],
  };
  return exchange(id, request, options);
}

/** One DNS question; `line` is `TYPE name`. */
export function dns(
  id: string,
  line: string,
  options: Options & { readonly tcp?: boolean; readonly ednsBytes?: number } = {},
): Exchange {
  const [type = "", name = ""] = line.split(" ");
  return exchange(
    id,
    { kind: "dns", type, name, tcp: options.tcp ?? false, ednsBytes: options.ednsBytes ?? 0 },
    options,
  );
}

/** One run of the command line. */
export function cli(
  id: string,
  argv: readonly string[],
  options: Options & {
    readonly stdin?: string;
    readonly files?: Readonly<Record<string, string>>;
    readonly env?: Readonly<Record<string, string>>;
  } = {},
): Exchange {
  const { stdin = "", files = {}, env = {} } = options;
  return exchange(id, { kind: "cli", argv, stdin, files, env }, options);
}

function exchange(id: string, request: Request, options: Options): Exchange {
  return {
    id,
    request,
    capture: options.capture ?? {},
    ...(options.until === undefined ? {} : { until: options.until }),
    ...(options.untilNot === undefined ? {} : { untilNot: options.untilNot }),
    compareTo: options.compareTo ?? [],
    refine: options.refine ?? [],
  };
}

/** The request on one line, as the recording shows it. */
export function describe(request: Request): string {
  if (request.kind === "http") return describeHttp(request);
  if (request.kind === "block") {
    return [
      describeHttp(request.query),
      ...request.meanwhile.map((write) => `  meanwhile ${describeHttp(write)}`),
    ].join("\n");
  }
  if (request.kind === "dns") {
    const edns = request.ednsBytes > 0 ? ` edns=${request.ednsBytes}` : "";
    return `${request.type} ${request.name}${request.tcp ? " tcp" : ""}${edns}`;
  }
  const stdin = request.stdin === "" ? "" : ` <<< ${JSON.stringify(shorten(request.stdin))}`;
  return `$ ${request.argv.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : JSON.stringify(word))).join(" ")}${stdin}`;
}

function describeHttp(request: HttpRequest): string {
  const headers = Object.entries(request.headers).map(([name, value]) => ` [${name}: ${value}]`);
  const body = request.body === "" ? "" : ` ${shorten(request.body)}`;
  return `${request.method} ${request.path}${headers.join("")}${body}`;
}

const DESCRIBED_CHARS_MAX = 400;

function shorten(text: string): string {
  return text.length <= DESCRIBED_CHARS_MAX ? text : `${text.slice(0, 60)}... (${text.length} characters)`;
}
