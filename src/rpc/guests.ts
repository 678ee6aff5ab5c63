import type { Clock, Timer } from "../ports/clock.ts";
import type { Logger } from "../ports/logger.ts";
import type { Meter } from "../ports/meter.ts";
import type { Methods } from "./calls.ts";
import type { GuestHello, GuestRefused, ServerHello } from "./guest-hello.ts";
import { type Guest, type GuestHost, GuestLink } from "./guest-link.ts";
import { Seldom } from "./seldom.ts";
import type { Protocol } from "./selector.ts";

const MIB = 1024 * 1024;
const LOOK_MS = 5000;
/** Guests say something at least every 15 s. */
const SILENT_MS_MAX = 60_000;
/** A look that comes so late says that this process stood still: what guests sent meanwhile is not read yet. */
const STALLED_MS = 2 * LOOK_MS;
/** A connection that was quiet for so long keeps no room for reading. */
const QUIET_MS = 2000;
const DRAIN_LOOK_MS = 20;
const LOG_EVERY_MS = 30_000;

export interface GuestLimits {
  /** Connections of guests; the server port takes some more, for the other servers. */
  connectionsMax: number;
  /** Calls that are served for all guests together. */
  servedMax: number;
  /** Bytes that wait to go out to all guests together: above, those who have most of them are sent away. */
  bytesMax: number;
}

export const GUEST_LIMITS: GuestLimits = { connectionsMax: 7500, servedMax: 65_536, bytesMax: 256 * MIB };

export interface GuestsOptions {
  /** What this server says of itself; the node id and the datacenter never change. */
  hello: () => ServerHello;
  methods: Methods<Guest>;
  /** Methods that go on with what a call before began: they are served to the end. */
  continuing?: Methods<Guest>;
  clock: Clock;
  logger: Logger;
  meter: Pick<Meter, "count">;
  limits?: Partial<GuestLimits>;
}

/** Connections of the nodes that only call this server: client agents, and servers of other datacenters. */
export class Guests {
  readonly #options: GuestsOptions;
  readonly #limits: GuestLimits;
  readonly #host: GuestHost;
  readonly #seldom: Seldom;
  /** All whose connection is not gone. */
  readonly #links = new Set<GuestLink>();
  readonly #load = { served: 0 };
  readonly #settled = new Map<GuestLink, () => void>();
  #look: Timer;
  #lookedMs: number;
  #isStopping = false;

  constructor(options: GuestsOptions) {
    const { clock, logger, methods, continuing = {} } = options;
    this.#options = options;
    this.#limits = { ...GUEST_LIMITS, ...options.limits };
    this.#seldom = new Seldom(() => clock.monotonicMs(), LOG_EVERY_MS);
    this.#host = {
      clock,
      logger,
      methods: { ...methods, ...continuing },
      load: this.#load,
      hello: options.hello,
      judge: (guest) => this.#judge(guest),
      refuse: (method) => (Object.hasOwn(continuing, method) ? undefined : this.#refuse()),
      onUp: (link) => {
        this.#settled.get(link)?.();
        this.#settled.delete(link);
        options.meter.count("rpc.accept_conn");
      },
      onEnded: (link, { why, isFault }) => this.#onEnded(link, why, isFault),
    };
    this.#lookedMs = clock.monotonicMs();
    this.#look = clock.after(LOOK_MS, () => this.#lookAfter());
  }

  /** Takes connections of the server port whose first byte is `GUEST_SELECTOR`. */
  readonly accept: Protocol = (connection, { settled }) => {
    const link = new GuestLink(this.#host, connection);
    this.#settled.set(link, settled);
    this.#links.add(link);
    void link.closed.then(() => this.#links.delete(link));
    return link;
  };

  /** Those that said hello. */
  list(): readonly Guest[] {
    return [...this.#links].filter(({ isUp }) => isUp);
  }

  /** Takes no call any more, answers those that are served for at most `graceMs`, and closes all connections. */
  async close(graceMs: number): Promise<void> {
    const { clock } = this.#options;
    this.#isStopping = true;
    this.#look.cancel();
    const untilMs = clock.monotonicMs() + graceMs;
    while (this.#load.served > 0 && clock.monotonicMs() < untilMs) {
      await new Promise<void>((resolve) => void clock.after(DRAIN_LOOK_MS, resolve));
    }
    const links = [...this.#links];
    for (const link of links) link.close("this server stops");
    await Promise.all(links.map((link) => link.closed));
  }

  #judge(guest: GuestHello): GuestRefused | undefined {
    const { nodeId, nodeName, datacenter } = this.#options.hello();
    if (this.#isStopping) return { code: "full", text: "this server stops" };
    if (guest.server !== nodeId) {
      return { code: "other", text: `this is server "${nodeName}" with node id ${nodeId}, not the one that is meant` };
    }
    if (guest.role === "client" && guest.datacenter !== datacenter) {
      const text = `client agent "${guest.nodeName}" is of datacenter "${guest.datacenter}" and server "${nodeName}" of "${datacenter}"`;
      return { code: "foreign", text };
    }
    const { connectionsMax } = this.#limits;
    if (this.#links.size <= connectionsMax) return undefined;
    return { code: "full", text: `the server has ${connectionsMax} connections of other agents already` };
  }

  #refuse(): string | undefined {
    if (this.#isStopping) return "the server stops";
    this.#options.meter.count("rpc.request");
    const { servedMax } = this.#limits;
    return this.#load.served < servedMax ? undefined : `the server executes ${servedMax} calls already`;
  }

  #onEnded(link: GuestLink, why: string, isFault: boolean): void {
    this.#settled.delete(link);
    const { logger } = this.#options;
    const address = link.remote;
    const host = address.replace(/:\d+$/, "");
    if (!isFault) logger.debug("closed the connection of an agent", { address, why });
    else if (this.#seldom.may(host)) {
      logger.warn("closed a connection: what came is not of an agent", { address, why });
    }
  }

  #lookAfter(): void {
    const nowMs = this.#options.clock.monotonicMs();
    const isStalled = nowMs - this.#lookedMs > STALLED_MS;
    this.#lookedMs = nowMs;
    this.#look = this.#options.clock.after(LOOK_MS, () => this.#lookAfter());
    for (const link of this.#links) {
      const silentMs = nowMs - link.heardMs;
      if (silentMs > SILENT_MS_MAX && !isStalled) link.close(`nothing was heard for ${Math.round(silentMs)} ms`);
      else if (silentMs > QUIET_MS) link.rest();
    }
    this.#shed();
  }

  #shed(): void {
    const { bytesMax } = this.#limits;
    let bytes = 0;
    for (const { waitingBytes } of this.#links) bytes += waitingBytes;
    if (bytes <= bytesMax) return;
    for (const link of [...this.#links].sort((a, b) => b.waitingBytes - a.waitingBytes)) {
      if (bytes <= bytesMax) return;
      bytes -= link.waitingBytes;
      this.#options.logger.warn("closed the connection of an agent that does not read what it asked for", {
        address: link.remote,
        bytes: link.waitingBytes,
      });
      link.close("it does not read what it asked for");
    }
  }
}
