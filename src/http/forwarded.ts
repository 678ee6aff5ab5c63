import { Refusal } from "../lib/refusal.ts";
import type { Clock } from "../ports/clock.ts";
import type { HttpApp } from "./app.ts";
import type { Connection } from "./deps.ts";
import {
  canonicalNames,
  FORWARD_METHODS,
  isOpenRequest,
  isReadRequest,
  isWriteRequest,
  type OpenAnswer,
  type OpenRequest,
  PART_BYTES_MAX,
  type ReadAnswer,
  travelling,
} from "./forward-protocol.ts";
import { Download } from "./forwarded-download.ts";
import { Inflow } from "./forwarded-inflow.ts";
import { isStreamed } from "./respond.ts";

/** Requests of one agent whose bodies or answers are under way in parts. */
const EXCHANGES_MAX = 2048;
/** Never a host that is asked: answers that are kept for other agents have none of this server's own headers. */
const ORIGIN = "http://forwarded.invalid";

/** The agent that passed a request on. */
export interface Forwarder {
  readonly hello: { readonly role: "client" | "server"; readonly nodeName: string };
  /** Aborted when it is gone. */
  readonly gone: AbortSignal;
  /** To be awaited before an answer is made; undefined when it may be made at once. */
  room(): Promise<void> | undefined;
}

export type ForwardMethod = (argument: unknown, from: Forwarder, signal: AbortSignal) => Promise<unknown>;

export interface ForwardedMethods {
  readonly methods: Readonly<Record<string, ForwardMethod>>;
  /** Those that go on with what one of `methods` began. */
  readonly continuing: Readonly<Record<string, ForwardMethod>>;
}

/** What is left of a request after the first call: parts that are to come, or to be fetched. */
interface Exchange {
  inflow?: Inflow | undefined;
  download?: Download;
}

/** Serves what other agents pass on, as if their callers had come here. */
export function forwardedMethods(app: HttpApp, clock: Clock): ForwardedMethods {
  const exchanges = new WeakMap<Forwarder, Map<number, Exchange>>();
  const of = (from: Forwarder): Map<number, Exchange> => {
    const known = exchanges.get(from);
    if (known !== undefined) return known;
    const made = new Map<number, Exchange>();
    exchanges.set(from, made);
    from.gone.addEventListener("abort", () => {
      for (const exchange of made.values()) closeExchange(exchange);
      made.clear();
    });
    return made;
  };
  const open = new Opening(app, clock, of);
  return {
    methods: {
      [FORWARD_METHODS.ready]: () => Promise.resolve(undefined),
      [FORWARD_METHODS.open]: async (argument, from, signal) =>
        await open.serve(decoded(isOpenRequest, argument), from, signal),
    },
    continuing: {
      async [FORWARD_METHODS.write](argument, from) {
        const { id, body, isLast } = decoded(isWriteRequest, argument);
        return (await of(from).get(id)?.inflow?.push(body, isLast)) ?? false;
      },
      async [FORWARD_METHODS.read](argument, from, signal): Promise<ReadAnswer> {
        const { id } = decoded(isReadRequest, argument);
        const download = of(from).get(id)?.download;
        if (download === undefined) throw new Refusal("nothing is left of this answer");
        await from.room();
        const part = await download.next(signal);
        if (!part.more) of(from).delete(id);
        return part;
      },
      async [FORWARD_METHODS.close](argument, from) {
        const { id } = decoded(isReadRequest, argument);
        const exchange = of(from).get(id);
        of(from).delete(id);
        if (exchange !== undefined) closeExchange(exchange);
      },
    },
  };
}

class Opening {
  readonly #app: HttpApp;
  readonly #clock: Clock;
  readonly #exchangesOf: (from: Forwarder) => Map<number, Exchange>;

  constructor(app: HttpApp, clock: Clock, exchangesOf: (from: Forwarder) => Map<number, Exchange>) {
    this.#app = app;
    this.#clock = clock;
    this.#exchangesOf = exchangesOf;
  }

  async serve(open: OpenRequest, from: Forwarder, signal: AbortSignal): Promise<OpenAnswer> {
    const inflow = open.more ? this.#begin(open, from, signal) : undefined;
    try {
      const raw = requestOf(open, inflow?.stream ?? open.body, signal);
      const response = await this.#app.fetch(raw, connectionOf(open, from));
      return await this.#answer(response, open, from, signal);
    } finally {
      inflow?.end();
      if (inflow !== undefined) this.#forgetInflow(open, from);
    }
  }

  #begin({ id, body, headers }: OpenRequest, from: Forwarder, signal: AbortSignal): Inflow {
    const announced = headers["content-length"];
    const bytesMax = announced === undefined ? Number.POSITIVE_INFINITY : Number(announced);
    const inflow = new Inflow(body, bytesMax, this.#clock);
    signal.addEventListener("abort", () => inflow.fail("nobody waits for the answer"));
    this.#keep(id, from, { inflow });
    return inflow;
  }

  async #answer(response: Response, { id }: OpenRequest, from: Forwarder, signal: AbortSignal): Promise<OpenAnswer> {
    const { status } = response;
    const headers = canonicalNames(travelling(response.headers));
    if (isStreamed(response)) {
      if (signal.aborted) {
        void response.body?.cancel();
        throw new Error("nobody waits for the answer");
      }
      this.#keep(id, from, { download: Download.ofStream(response, this.#clock) });
      return { more: true, status, headers };
    }
    await from.room();
    const body = new Uint8Array(await response.arrayBuffer());
    if (body.length <= PART_BYTES_MAX) return { body, more: false, status, headers };
    this.#keep(id, from, { download: Download.ofBytes(body.subarray(PART_BYTES_MAX), this.#clock) });
    return { body: body.subarray(0, PART_BYTES_MAX), more: true, status, headers };
  }

  #keep(id: number, from: Forwarder, exchange: Exchange): void {
    const exchanges = this.#exchangesOf(from);
    const before = exchanges.get(id);
    const isTwice = before !== undefined && (exchange.download === undefined || before.download !== undefined);
    if (isTwice || from.gone.aborted || exchanges.size >= EXCHANGES_MAX) {
      closeExchange(exchange);
      if (isTwice) throw new Refusal("Bad request: the number of this request is another's", 400);
      throw new Refusal(`${EXCHANGES_MAX} requests of this agent are under way in parts already`, 500, "unknown");
    }
    exchanges.set(id, { ...before, ...exchange });
    void exchange.download?.over.then(() => exchanges.delete(id));
  }

  #forgetInflow({ id }: OpenRequest, from: Forwarder): void {
    const exchanges = this.#exchangesOf(from);
    const exchange = exchanges.get(id);
    if (exchange?.download === undefined) exchanges.delete(id);
    else exchange.inflow = undefined;
  }
}

function closeExchange({ inflow, download }: Exchange): void {
  inflow?.fail("the request was given up");
  download?.cancel();
}

function requestOf(
  open: OpenRequest,
  body: Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array> | undefined,
  signal: AbortSignal,
): Request {
  const { method, target, headers } = open;
  try {
    return new Request(ORIGIN + target, { method, headers, signal, ...(body === undefined ? {} : { body }) });
  } catch (error) {
    throw new Refusal(`Bad request: ${error instanceof Error ? error.message : String(error)}`, 400);
  }
}

function connectionOf(open: OpenRequest, { hello }: Forwarder): Connection {
  const { address, hops, pretty, discoveryMaxStaleMs, ignoresCached, farFrom, bodyLimits } = open;
  // A client agent speaks for its own node, a server also for those that asked it.
  const node = hello.role === "client" ? hello.nodeName : open.node;
  return {
    remoteAddress: () => address,
    holdOpen: () => undefined,
    release: () => undefined,
    forwarded: { hops, node, pretty, discoveryMaxStaleMs, ignoresCached, farFrom, bodyLimits },
  };
}

function decoded<T>(check: (argument: unknown) => argument is T, argument: unknown): T {
  if (!check(argument)) throw new Refusal("Bad request: what was passed on makes no sense", 400);
  return argument;
}
