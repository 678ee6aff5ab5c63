import { splitHostPort } from "../lib/host-port.ts";
import type { Clock, Timer } from "../ports/clock.ts";
import type { Logger } from "../ports/logger.ts";
import type { Meter } from "../ports/meter.ts";
import type { Random } from "../ports/random.ts";
import type { StreamPort } from "../ports/stream.ts";
import { CallerLink } from "./caller-link.ts";
import { AnswerLost, NotSent } from "./errors.ts";
import type { GuestHello } from "./guest-hello.ts";
import { Seldom } from "./seldom.ts";
import { GUEST_SELECTOR } from "./selector.ts";
import type { Wire } from "./types.ts";

/** Connections are looked at no more often; less often while nothing can be due, so that an idle agent sleeps. */
const LOOK_MS = 1000;
/**
 * A server that was silent for so long is asked for a sign of life: soon after a call that most answer at once, and then
 * seldom, since the rest wait for changes.
 */
const PING_AFTER_CALL_MS = 1000;
const PING_AFTER_MS = 4000;
const IDLE_PING_AFTER_MS = 15_000;
/** It is lost when none comes for so long. */
const SILENT_MS_MAX = 4000;
/** A look that is so late says that this process stood still: what servers sent meanwhile is not read yet. */
const STALLED_MS = 1500;
/** A connection that nobody used for so long is closed. */
const IDLE_MS_MAX = 180_000;
const QUIET_MS = 2000;
const CONNECT_TIMEOUT_MS = 3000;
/** After a connection that could not be opened, none is tried for a while, spread by `JITTER` of it to both sides. */
const RETRY_MS_MIN = 100;
const RETRY_MS_MAX = 3000;
const JITTER = 0.25;
/** Servers that are called, of all datacenters. */
const SERVERS_MAX = 512;
const LOG_EVERY_MS = 30_000;

/** A server, and where it was seen last. */
export interface CalledServer {
  nodeId: string;
  name: string;
  datacenter: string;
  /** `host:port` of its server port. */
  address: string;
}

export interface CallersOptions {
  /** What this node says of itself. */
  hello: () => Omit<GuestHello, "server">;
  streams: Pick<StreamPort, "connect">;
  clock: Clock;
  random: Random;
  logger: Logger;
  meter: Pick<Meter, "count">;
}

interface Called {
  server: CalledServer;
  link: CallerLink | undefined;
  /** While a connection is being opened. */
  opening: Promise<CallerLink> | undefined;
  failures: number;
  /** Before this no connection is tried, and why. */
  retryMs: number;
  why: string;
  usedMs: number;
}

/** Connections of a guest to the servers that it calls: one for each, opened on demand and kept while it is used. */
export class Callers {
  readonly #options: CallersOptions;
  readonly #seldom: Seldom;
  readonly #called = new Map<string, Called>();
  /** All whose connection is not gone. */
  readonly #links = new Map<CallerLink, Called>();
  #look: Timer | undefined;
  /** When it comes, on the monotonic clock. */
  #lookMs = 0;
  #isClosed = false;

  constructor(options: CallersOptions) {
    this.#options = options;
    this.#seldom = new Seldom(() => options.clock.monotonicMs(), LOG_EVERY_MS);
  }

  /**
   * Calls a method of a server. Rejects with its Refusal, with `NotSent` when the call certainly was not executed (at once
   * while the server can't be reached), or with `AnswerLost` when it may have been.
   */
  async call(
    server: CalledServer,
    method: string,
    argument: Wire,
    options: { timeoutMs: number; signal?: AbortSignal },
  ): Promise<Wire> {
    const { meter } = this.#options;
    meter.count("client.rpc");
    try {
      const called = this.#of(server);
      const link = called.link?.isUp ? called.link : await this.#opened(called, options.signal);
      called.usedMs = this.#options.clock.monotonicMs();
      this.#lookIn(LOOK_MS);
      return await link.call(method, argument, options);
    } catch (error) {
      if (error instanceof NotSent || error instanceof AnswerLost) meter.count("client.rpc.failed");
      throw error;
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#look?.cancel();
    const links = [...this.#links.keys()];
    for (const link of links) link.close("this agent stops");
    await Promise.all(links.map((link) => link.gone));
  }

  #of(server: CalledServer): Called {
    if (this.#isClosed) throw new NotSent("this agent stops");
    const known = this.#called.get(server.nodeId);
    if (known !== undefined) {
      if (known.server.address !== server.address) this.#move(known, server);
      return known;
    }
    if (this.#called.size >= SERVERS_MAX) this.#forgetOne();
    const called = { server, link: undefined, opening: undefined, failures: 0, retryMs: 0, why: "", usedMs: 0 };
    this.#called.set(server.nodeId, called);
    return called;
  }

  /** It is somewhere else now. Calls that wait at the old place wait on; the connection goes when they are answered. */
  #move(called: Called, server: CalledServer): void {
    Object.assign(called, { server, link: undefined, opening: undefined, failures: 0, retryMs: 0 });
  }

  #forgetOne(): void {
    const [unused] = [...this.#called].filter(([, { link, opening }]) => link === undefined && opening === undefined);
    if (unused === undefined) throw new NotSent(`${SERVERS_MAX} servers are called already`);
    this.#called.delete(unused[0]);
  }

  async #opened(called: Called, signal: AbortSignal | undefined): Promise<CallerLink> {
    if (signal?.aborted) throw new NotSent("the call was cancelled");
    const opening = called.opening ?? this.#open(called);
    if (signal === undefined) return await opening;
    const { promise, reject } = Promise.withResolvers<never>();
    const onAbort = () => reject(new NotSent("the call was cancelled"));
    signal.addEventListener("abort", onAbort);
    try {
      return await Promise.race([opening, promise]);
    } finally {
      signal.removeEventListener("abort", onAbort);
    }
  }

  #open(called: Called): Promise<CallerLink> {
    const { server, retryMs, why } = called;
    if (this.#options.clock.monotonicMs() < retryMs) throw new NotSent(`${nameOf(server)}: ${why}`);
    const opening = this.#connect(called, server).then(
      (link) => {
        if (called.opening === opening) Object.assign(called, { link, opening: undefined, failures: 0 });
        return link;
      },
      (error: unknown) => {
        if (called.opening === opening) this.#failed(called, error);
        throw new NotSent(`${nameOf(server)}: ${textOf(error)}`);
      },
    );
    called.opening = opening;
    return opening;
  }

  async #connect(called: Called, { nodeId, address }: CalledServer): Promise<CallerLink> {
    const { streams, clock, hello } = this.#options;
    const at = splitHostPort(address);
    if (at === undefined) throw new Error(`${address} is not host:port`);
    let link: CallerLink | undefined;
    const connection = await streams.connect(
      { address: at.host, port: at.port, timeoutMs: CONNECT_TIMEOUT_MS },
      {
        onData: (bytes) => link?.onData(bytes),
        onDrain: () => link?.onDrain(),
        onClose: (error) => link?.onClose(error),
      },
    );
    connection.write(Buffer.of(GUEST_SELECTOR));
    const made = new CallerLink(connection, clock, { ...hello(), server: nodeId }, (why) => this.#onEnded(made, why));
    link = made;
    this.#links.set(made, called);
    void made.gone.then(() => this.#links.delete(made));
    if (this.#isClosed) made.close("this agent stops");
    this.#lookIn(LOOK_MS);
    await made.opened;
    return made;
  }

  #failed(called: Called, error: unknown): void {
    const { clock, random, logger } = this.#options;
    const spread = 1 + JITTER * (2 * random.float() - 1);
    const waitMs = Math.min(RETRY_MS_MAX, RETRY_MS_MIN * 2 ** Math.min(called.failures, 10)) * spread;
    const why = textOf(error);
    Object.assign(called, { opening: undefined, failures: called.failures + 1, why });
    called.retryMs = clock.monotonicMs() + waitMs;
    const { name: server, datacenter, address } = called.server;
    if (this.#isClosed || !this.#seldom.may(`${address} ${why}`)) return;
    logger.warn("can't reach a server", { server, datacenter, address, why });
  }

  #onEnded(link: CallerLink, why: string): void {
    const called = this.#links.get(link);
    if (called?.link !== link) return;
    called.link = undefined;
    const { name: server, datacenter, address } = called.server;
    if (!this.#isClosed) this.#options.logger.debug("closed a connection", { server, datacenter, address, why });
  }

  /** Looks after the connections in so long at the latest. */
  #lookIn(waitMs: number): void {
    const { clock } = this.#options;
    const lookMs = clock.monotonicMs() + waitMs;
    if (this.#look !== undefined && this.#lookMs <= lookMs) return;
    this.#look?.cancel();
    this.#lookMs = lookMs;
    this.#look = clock.after(waitMs, () => this.#lookAfter());
  }

  #lookAfter(): void {
    const nowMs = this.#options.clock.monotonicMs();
    const isStalled = nowMs - this.#lookMs > STALLED_MS;
    this.#look = undefined;
    for (const [link, called] of this.#links) if (link.isUp) this.#lookAt(link, called, nowMs, isStalled);
    const dueMs = [...this.#links].map(([link, { usedMs }]) => dueIn(link, usedMs, nowMs));
    if (dueMs.length > 0) this.#lookIn(Math.max(LOOK_MS, Math.min(...dueMs)));
  }

  #lookAt(link: CallerLink, called: Called, nowMs: number, isStalled: boolean): void {
    const silentMs = nowMs - link.heardMs;
    const isIdle = link.pending === 0;
    if (isIdle && (called.link !== link || nowMs - called.usedMs > IDLE_MS_MAX)) {
      link.close("nobody uses it");
      return;
    }
    const isSilent = silentMs >= pingAfterMs(link, called.usedMs);
    if (isSilent && link.ask(nowMs) > SILENT_MS_MAX && !isStalled) {
      link.close(`nothing was heard for ${Math.round(silentMs)} ms`);
    }
    if (silentMs > QUIET_MS) link.rest();
  }
}

function pingAfterMs({ pending, heardMs }: CallerLink, usedMs: number): number {
  if (pending === 0) return IDLE_PING_AFTER_MS;
  return usedMs >= heardMs ? PING_AFTER_CALL_MS : PING_AFTER_MS;
}

/** Milliseconds until there is something to do for a connection, if nothing is heard and nobody calls: below 0 when it waits for a sign of life. */
function dueIn(link: CallerLink, usedMs: number, nowMs: number): number {
  const silentMs = nowMs - link.heardMs;
  const pingMs = pingAfterMs(link, usedMs);
  return (silentMs > QUIET_MS ? pingMs : Math.min(pingMs, QUIET_MS)) - silentMs;
}

const nameOf = ({ name, address }: CalledServer): string => `server "${name}" (${address})`;

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
