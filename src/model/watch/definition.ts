import { goSyntax } from "./go-syntax.ts";
import { type HttpHandler, readHttpHandler, readTimeoutMs } from "./http-handler.ts";
import { WatchParameters } from "./parameters.ts";
import { type WatchQuestion, watchQuestion } from "./question.ts";

/** Runs a program with what changed on its standard input. */
export interface ScriptHandler {
  readonly kind: "script";
  /** A program and its arguments, or a line for the shell. */
  readonly command: readonly string[] | string;
  /** Without it the program may run as long as it likes. */
  readonly timeoutMs: number | undefined;
}

export type WatchHandler = ScriptHandler | HttpHandler;

/** One entry of `watches` in the agent's configuration. */
export interface WatchDefinition {
  readonly type: string;
  readonly datacenter: string;
  readonly token: string;
  readonly question: WatchQuestion;
  readonly handler: WatchHandler;
  /** Equal for equal definitions. Holds the token. */
  readonly identity: string;
  /** Equal when the same is told to the same handler: the definition without its token. */
  readonly subject: string;
}

/** More are a mistake: each is a waiting question and may run a program. */
const WATCHES_MAX = 1024;
const HANDLER_TYPES = ["script", "http"];

/** The watches of the configuration. Throws with Consul's text for the first that is wrong. */
export function readWatches(watches: readonly Readonly<Record<string, unknown>>[]): WatchDefinition[] {
  if (watches.length > WATCHES_MAX)
    throw new Error(`there are ${watches.length} watches, and ${WATCHES_MAX} are the most: watch prefixes instead`);
  return watches.map(readWatch);
}

function readWatch(written: Readonly<Record<string, unknown>>): WatchDefinition {
  const values = Object.fromEntries(Object.entries(written).map(([name, value]) => [name, unwrapped(value)]));
  const { handler_type: handlerType = "script", type } = values;
  if (!HANDLER_TYPES.includes(String(handlerType)))
    throw new Error(
      `Handler type '${typeof handlerType === "string" ? handlerType : goSyntax(handlerType)}' not recognized`,
    );
  // Certificates are of the mesh; Consul refuses these two here as well.
  if (typeof type === "string" && type.startsWith("connect_"))
    throw new Error(`Watch type ${type} is not allowed in agent config`);
  const parameters = new WatchParameters({ ...values, handler_type: handlerType });
  const parsed = parse(parameters);
  const { token: _secret, ...rest } = values;
  return { ...parsed, identity: canonical(values), subject: canonical(rest) };
}

/** HCL and JSON alike write one value where a list may stand, and the other way round. */
function unwrapped(value: unknown): unknown {
  return Array.isArray(value) && value.length === 1 ? value[0] : value;
}

type Parsed = Omit<WatchDefinition, "identity" | "subject">;

function parse(parameters: WatchParameters): Parsed {
  const { handler, args, timeout, ...parsed } = told(parameters, () => parseQuestion(parameters));
  if (parsed.http !== undefined) {
    if (handler !== undefined || args !== undefined) throw new Error("Only one watch handler allowed");
    return { ...common(parsed), handler: parsed.http };
  }
  const command = scriptCommand(handler, args);
  const timeoutMs = timeout === "" ? undefined : told(parameters, () => readTimeoutMs(timeout));
  return { ...common(parsed), handler: { kind: "script", command, timeoutMs } };
}

const common = ({ type, datacenter, token, question }: Omit<Parsed, "handler">) => ({
  ...{ type, datacenter, token, question },
});

/** In Consul's order, since its text shows what was not taken yet. */
function parseQuestion(parameters: WatchParameters) {
  const datacenter = parameters.text("datacenter");
  const token = parameters.text("token");
  const type = parameters.text("type");
  if (type === "") throw new Error("Watch type must be specified");
  const isHttp = parameters.text("handler_type") === "http";
  const http = isHttp ? takeHttpHandler(parameters) : undefined;
  const question = watchQuestion(type, parameters);
  const [handler, args] = ["handler", "args"].map((name) =>
    parameters.has(name) ? { value: parameters.take(name) } : undefined,
  );
  // Not in Consul, where a program may hang for ever.
  const timeout = isHttp ? "" : parameters.text("timeout");
  parameters.end();
  return { datacenter, token, type, question, http, handler, args, timeout };
}

function takeHttpHandler(parameters: WatchParameters): HttpHandler {
  const { http_handler_config: config } = parameters.left();
  if (config === undefined) throw new Error("Handler type 'http' requires 'http_handler_config' to be set");
  try {
    const handler = readHttpHandler(config);
    parameters.take("http_handler_config");
    return handler;
  } catch (error) {
    throw new Error(`Failed to parse 'http_handler_config': ${error instanceof Error ? error.message : String(error)}`);
  }
}

type Given = { readonly value: unknown } | undefined;

function scriptCommand(handler: Given, args: Given): readonly string[] | string {
  if (handler !== undefined && typeof handler.value !== "string") throw new Error("Watch handler must be a string");
  if (args !== undefined && !isTexts(args.value)) throw new Error("Watch args must be a list of strings");
  if (handler !== undefined && args !== undefined) throw new Error("Only one watch handler allowed");
  const command = handler === undefined ? ([args?.value ?? []].flat() as string[]) : (handler.value as string);
  if (command.length === 0) throw new Error("Must define a watch handler");
  return command;
}

const isTexts = (value: unknown): boolean =>
  typeof value === "string" || (Array.isArray(value) && value.every((item) => typeof item === "string"));

/** What fails is told with the definition, as far as it was not understood yet. */
function told<T>(parameters: WatchParameters, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`Failed to parse watch (${goSyntax(parameters.left())}): ${why}`);
  }
}

/** JSON with the keys of all objects in order. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) =>
    typeof item === "object" && item !== null && !Array.isArray(item)
      ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)))
      : item,
  );
}
