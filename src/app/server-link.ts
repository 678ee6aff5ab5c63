import type { Config } from "../config/config.ts";
import { systemClock as clock } from "../platform/clock.ts";
import { systemRandom as random } from "../platform/random.ts";
import { tcp } from "../platform/tcp-server.ts";
import type { Logger } from "../ports/logger.ts";
import type { IndexedConfiguration } from "../raft/configuration.ts";
import type { Message } from "../raft/core/messages.ts";
import type { Method } from "../rpc/calls.ts";
import type { Guests } from "../rpc/guests.ts";
import { LinkedPeers } from "../rpc/peers.ts";
import type { Hello, KnownServer } from "../rpc/types.ts";
import { listenForServers } from "./server-port.ts";
import type { Telemetry } from "./telemetry.ts";

/** Servers told to others: all of a cluster, and some to spare. */
const KNOWN_MAX = 64;
/** Several servers often come at once; they are told together. */
const TELL_AFTER_MS = 20;

export interface LinkDeps {
  config: () => Config;
  /** What this server says of itself, when it knows these others. */
  hello: (known: readonly KnownServer[]) => Omit<Hello, "protocol">;
  telemetry: Telemetry;
}

/** What the link needs of the parts that are made after it. */
export interface LinkHandlers {
  /** Who the servers are. */
  configuration(): IndexedConfiguration;
  /** Servers of the own datacenter that gossip knows, whether they belong to the cluster or not. */
  met(): readonly KnownServer[];
  /** From a server of the same cluster. */
  onMessage(message: Message): void;
  onPeersChanged(): void;
  /** Calls that other servers may make. */
  methods: Readonly<Record<string, Method>>;
}

/** The connections to the other servers. */
export class ServerLink {
  readonly peers: LinkedPeers;
  readonly #deps: LinkDeps;
  readonly #log: Logger;
  readonly #methods: Record<string, Method> = {};
  #handlers: LinkHandlers | undefined;
  #guests: Pick<Guests, "accept"> | undefined;
  /** Servers that are in the same cluster: only these may take part in its elections. */
  #inCluster = new Set<string>();
  /** Servers that are looked for since `know` was called last. */
  #sure = new Set<string>();
  #told = "";
  #isTelling = false;
  #isClosed = false;

  constructor(deps: LinkDeps) {
    this.#deps = deps;
    this.#log = deps.telemetry.hub.logger("agent.server.link");
    this.peers = new LinkedPeers({
      hello: () => this.#hello(),
      methods: this.#methods,
      onMessage: (message) => {
        if (this.#inCluster.has(message.from)) this.#handlers?.onMessage(message);
      },
      onPeersChanged: () => {
        this.#recount();
        this.#handlers?.onPeersChanged();
        this.#tellSoon();
      },
      ...{ streams: tcp, clock, random, logger: this.#log, meter: deps.telemetry.meter },
    });
  }

  /** To be called before `listen`. */
  attach(handlers: LinkHandlers): void {
    this.#handlers = handlers;
    Object.assign(this.#methods, handlers.methods);
  }

  /** From now on client agents and servers of other datacenters may call. */
  serve(guests: Pick<Guests, "accept">): void {
    this.#guests = guests;
  }

  /** Opens the server port; the returned function closes it. */
  listen(): Promise<() => void> {
    const { bindAddr, ports } = this.#deps.config();
    return listenForServers(
      { address: bindAddr, port: ports.server },
      this.peers,
      () => this.#guests?.accept,
      this.#log,
    );
  }

  /**
   * Looks for the servers of the configuration and of the gossip pool where they were seen last, and for none that was
   * there before.
   */
  know(): void {
    const servers = this.#expected();
    const ids = new Set(servers.map(({ nodeId }) => nodeId));
    for (const server of servers) this.peers.know(server);
    for (const id of this.#sure) if (!ids.has(id)) this.peers.unknow(id);
    this.#sure = ids;
    this.#tellSoon();
  }

  /** The own cluster is another one, or what this server says of itself. */
  changed(): void {
    this.#recount();
    this.peers.hello();
  }

  close(): Promise<void> {
    this.#isClosed = true;
    return this.peers.close();
  }

  /** Where gossip sees a server is newer than what the log says. */
  #expected(): KnownServer[] {
    if (this.#handlers === undefined) return [];
    const { servers } = this.#handlers.configuration().configuration;
    const known = new Map(servers.map(({ id, address }) => [id, { nodeId: id, address }]));
    for (const server of this.#handlers.met()) known.set(server.nodeId, server);
    return [...known.values()];
  }

  #connected(): KnownServer[] {
    return this.peers.list().flatMap(({ hello, isConnected }) => {
      const { nodeId, address } = hello;
      return isConnected ? [{ nodeId, address }] : [];
    });
  }

  /** Who this server knows: servers without a cluster find each other through one that they all ask. */
  #known(): KnownServer[] {
    // None before the first connection, when this server introduces itself to itself.
    if (this.#handlers === undefined) return [];
    const known = new Map([...this.#expected(), ...this.#connected()].map((server) => [server.nodeId, server]));
    return [...known.values()].sort((a, b) => (a.nodeId < b.nodeId ? -1 : 1)).slice(0, KNOWN_MAX);
  }

  #hello(): Omit<Hello, "protocol"> {
    const known = this.#known();
    this.#told = JSON.stringify(known);
    return this.#deps.hello(known);
  }

  #tellSoon(): void {
    if (this.#isTelling) return;
    this.#isTelling = true;
    clock.after(TELL_AFTER_MS, () => {
      this.#isTelling = false;
      if (!this.#isClosed && JSON.stringify(this.#known()) !== this.#told) this.peers.hello();
    });
  }

  #recount(): void {
    const own = this.#deps.hello([]).clusterId;
    const same = this.peers.list().filter(({ hello }) => own !== "" && hello.clusterId === own);
    this.#inCluster = new Set(same.map(({ hello }) => hello.nodeId));
  }
}
