import type { ScriptHandler, WatchHandler } from "../../model/watch/definition.ts";
import type { HttpHandler } from "../../model/watch/http-handler.ts";
import type { Logger } from "../../ports/logger.ts";
import type { HttpProber } from "../../ports/probes.ts";
import type { ProcessRunner } from "../../ports/process.ts";
import { TailBuffer } from "../checks/output.ts";

/** Consul's: of what a handler says the last bytes go to the log. */
const OUTPUT_BYTES_MAX = 4096;

export interface HandlerDeps {
  readonly processes: ProcessRunner;
  readonly http: HttpProber;
  /** The environment's `SHELL`. */
  readonly shell: string;
  readonly log: Logger;
}

/** What a handler is called with. */
export interface Delivery {
  readonly json: string;
  readonly index: string;
}

/** Calls the handler of a watch once. Resolves with whether it took the delivery; what goes wrong is in the log. */
export type CallHandler = (delivery: Delivery, signal: AbortSignal) => Promise<boolean>;

export function makeHandler(handler: WatchHandler, deps: HandlerDeps): CallHandler {
  return handler.kind === "script" ? scriptHandler(handler, deps) : httpHandler(handler, deps);
}

function scriptHandler({ command, timeoutMs }: ScriptHandler, { processes, shell, log }: HandlerDeps): CallHandler {
  const isLine = typeof command === "string";
  const argv = isLine ? [shell || "/bin/sh", "-c", command] : command;
  const watch_handler = isLine ? command : `[${command.join(", ")}]`;
  return async ({ json, index }, signal) => {
    const output = new TailBuffer(OUTPUT_BYTES_MAX);
    const request = {
      command: argv,
      input: new TextEncoder().encode(`${json}\n`),
      env: { CONSUL_INDEX: index },
      // Consul lets programs go on that a handler put into the background.
      sparesChildren: true,
      onOutput: (chunk: Uint8Array) => output.push(chunk),
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
    };
    let failure: string | undefined;
    try {
      const { exitCode, timedOut } = await processes.run(request, signal);
      if (exitCode !== 0) failure = timedOut ? `killed after ${timeoutMs} ms` : endText(exitCode);
    } catch (error) {
      failure = textOf(error);
    }
    if (signal.aborted) return false;
    if (failure !== undefined) log.error("Failed to run watch handler", { watch_handler, error: failure });
    log.debug("watch handler output", { watch_handler, output: output.text() });
    return failure === undefined;
  };
}

const endText = (exitCode: number | null) => (exitCode === null ? "ended by a signal" : `exit status ${exitCode}`);

function httpHandler(
  { url, method, timeoutMs, header, skipVerify }: HttpHandler,
  { http, log }: HandlerDeps,
): CallHandler {
  // The path and the query may hold a secret.
  const watch = URL.canParse(url) ? new URL(url).origin : url;
  const headers = Object.entries(header).map(([name, values]) => [name, values] as const);
  return async ({ json, index }, signal) => {
    const output = new TailBuffer(OUTPUT_BYTES_MAX);
    try {
      const reply = await http.request(
        {
          ...{ method, url, timeoutMs },
          headers: [
            ["Content-Type", ["application/json"]],
            ["User-Agent", ["Muster"]],
            ...headers,
            ["X-Consul-Index", [index]],
          ],
          body: `${json}\n`,
          followRedirects: true,
          tls: { skipVerify, serverName: "" },
        },
        (chunk) => output.push(chunk),
        signal,
      );
      const isTaken = reply.status >= 200 && reply.status <= 299;
      const fields = { watch, status: reply.status, output: output.text() };
      if (isTaken) log.debug("http watch handler output", fields);
      else log.error("http watch handler failed", fields);
      return isTaken;
    } catch (error) {
      if (!signal.aborted) log.error("Failed to invoke http watch handler", { watch, error: textOf(error) });
      return false;
    }
  };
}

const textOf = (error: unknown) => (error instanceof Error ? error.message : String(error));
