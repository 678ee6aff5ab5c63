import { Watches } from "../agent/watches/watches.ts";
import { encodeQuery, escapePath } from "../cli/http-address.ts";
import type { Config } from "../config/config.ts";
import type { HttpApp } from "../http/app.ts";
import { decodeGoJson } from "../lib/go-json.ts";
import type { WatchAnswer } from "../model/watch/answering.ts";
import { readWatches, type WatchDefinition } from "../model/watch/definition.ts";
import { systemClock as clock } from "../platform/clock.ts";
import { DiskFileStore, MemoryFileStore } from "../platform/file-store.ts";
import { NodeHttpProber } from "../platform/http-prober.ts";
import { BunProcessRunner } from "../platform/process.ts";
import { askSelf, ownRequest } from "./own-requests.ts";
import type { Telemetry } from "./telemetry.ts";

const ANSWER_CHARS_MAX = 64 * 1024 * 1024;
const ERROR_CHARS_MAX = 4096;

export interface ConfiguredWatches {
  /** Runs exactly these; those that run already go on. */
  run(definitions: readonly WatchDefinition[]): Promise<void>;
  stop(): Promise<void>;
}

/** Runs the watches of the configuration; `app` is the own API, which a server answers for a client agent. */
export function makeWatches(
  config: () => Config,
  app: () => HttpApp,
  { hub }: Telemetry,
  shell: string,
): ConfiguredWatches {
  const log = hub.logger("agent.watch");
  const { dev, dataDir } = config();
  const watches = new Watches({
    files: dev ? new MemoryFileStore() : new DiskFileStore(dataDir),
    processes: new BunProcessRunner(),
    http: new NodeHttpProber(),
    ask: (definition, cursor, signal) => ask(app(), config(), { definition, cursor, signal }),
    ...{ shell, clock, log },
  });
  return {
    async run(definitions) {
      if (definitions.some(({ handler }) => handler.kind === "script" && typeof handler.command === "string")) {
        log.warn(
          "The 'handler' field in watches has been deprecated and replaced with the 'args' field. See https://www.consul.io/docs/agent/watches.html",
        );
      }
      await watches.run(definitions);
    },
    stop: () => watches.stop(),
  };
}

/** Those of a reload; rejects it as Consul does, but before anything has changed. */
export function rereadWatches({ watches }: Config): WatchDefinition[] {
  try {
    return readWatches(watches);
  } catch (error) {
    throw new Error(`Failed reloading watches: ${error instanceof Error ? error.message : String(error)}`);
  }
}

interface Question {
  readonly definition: WatchDefinition;
  readonly cursor: string;
  readonly signal: AbortSignal;
}

async function ask(app: HttpApp, config: Config, { signal, ...question }: Question): Promise<WatchAnswer> {
  signal.throwIfAborted();
  // The watch's signal lives as long as the agent, and a request that follows it would stay with it.
  const control = new AbortController();
  const abort = () => control.abort();
  signal.addEventListener("abort", abort, { once: true });
  try {
    return await askOnce(app, config, { ...question, signal: control.signal });
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

async function askOnce(app: HttpApp, config: Config, { definition, cursor, signal }: Question): Promise<WatchAnswer> {
  const { question, datacenter, token } = definition;
  const { path, waitsBy } = question;
  const from = { [waitsBy === "hash" ? "hash" : "index"]: cursor || undefined };
  const query = encodeQuery({ ...question.query, ...from, dc: datacenter || undefined });
  const response = await askSelf(app, asker(config), `${escapePath(path)}${query === "" ? "" : `?${query}`}`, {
    signal,
    ...(token === "" ? {} : { headers: { "X-Consul-Token": token } }),
  });
  const text = await response.text();
  const isMissing = response.status === 404 && path.startsWith("/v1/kv/");
  if (response.status !== 200 && !isMissing) {
    throw new Error(`Unexpected response code: ${response.status} (${text.slice(0, ERROR_CHARS_MAX)})`);
  }
  if (text.length > ANSWER_CHARS_MAX) {
    throw new Error(`the answer has more than ${ANSWER_CHARS_MAX} characters: watch less`);
  }
  const header = waitsBy === "hash" ? "X-Consul-ContentHash" : "X-Consul-Index";
  return { cursor: response.headers.get(header) ?? "", body: isMissing ? undefined : decodeGoJson(text) };
}

/** Addresses are translated as for everybody who asks this agent. */
function asker({ nodeName, datacenter, translateWanAddrs }: Config) {
  return { ...ownRequest(nodeName), ...(translateWanAddrs ? { farFrom: datacenter } : {}) };
}
