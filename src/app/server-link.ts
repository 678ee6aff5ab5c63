import type { Config } from "../config/config.ts";
import { systemClock as clock } from "../platform/clock.ts";
import { joinHostPort } from "../platform/go-net-error.ts";
import { systemRandom as random } from "../platform/random.ts";
import { tcp } from "../platform/tcp-server.ts";
import type { Logger } from "../ports/logger.ts";
import type { IndexedConfiguration } from "../raft/configuration.ts";
import type { Message } from "../raft/core/messages.ts";
import type { Method } from "../rpc/calls.ts";
import { LinkedPeers } from "../rpc/peers.ts";
import { parseJoinAddress } from "../server/join/addresses.ts";
import type { JoinRecord } from "../server/join/joiner.ts";
import { ownHello } from "./own-hello.ts";
import { listenForServers } from "./server-port.ts";
import type { Telemetry } from "./telemetry.ts";

/** Servers told to others: all of a cluster, and some to spare. */
const KNOWN_MAX = 64;
/** How long a server is waited for that somebody asked to join. */
const JOIN_MS_MAX = 5000;
const JOIN_LOOK_MS = 50;

export interface LinkDeps {
  config: () => Config;
  nodeId: string;
  expect: number;
  record: Pick<JoinRecord, "clusterId">;
  telemetry: Telemetry;
}

/** What the link needs of consensus. */
export interface LinkHandlers {
  /** Who the servers are. */
  configuration(): IndexedConfiguration;
  /** From a server of the same cluster. */
  onMessage(message: Message): void;
  onPeersChanged(): void;
}

/** The connections to the other servers. */
export interface ServerLink {
  readonly peers: LinkedPeers;
  /** To be called before `listen`. */
  attach(handlers: LinkHandlers): void;
  /** Calls that other servers may make; before `listen`, too. */
  serve(methods: Readonly<Record<string, Method>>): void;
  /** Looks for the servers of the configuration where they were seen last, and for no others that were in it before. */
  know(): void;
  /** The own cluster is another one, or what this server says of itself. */
  changed(): void;
  /** Opens the server port; the returned function closes it. */
  listen(): Promise<() => void>;
  /** Asks one address; rejects when no server answers there in time. */
  joinNow(text: string): Promise<void>;
  /** Begins to ask the addresses of `retry_join` and `-join`. */
  join(onFatal: (reason: string) => void): void;
}

export function serverLink({ config, nodeId, expect, record, telemetry }: LinkDeps): ServerLink {
  const log = telemetry.hub.logger("agent.server.link");
  /** Servers that are in the same cluster: only these may take part in its elections. */
  let inCluster = new Set<string>();
  const known = new Set<string>();
  const recount = () => {
    const own = record.clusterId();
    const same = peers.list().filter(({ hello }) => own !== "" && hello.clusterId === own);
    inCluster = new Set(same.map(({ hello }) => hello.nodeId));
  };
  const methods: Record<string, Method> = {};
  let handlers: LinkHandlers = {
    configuration: () => ({ index: 0, configuration: { servers: [] } }),
    onMessage: () => undefined,
    onPeersChanged: () => undefined,
  };
  const peers = new LinkedPeers({
    hello: () => {
      const servers = handlers
        .configuration()
        .configuration.servers.map(({ id, address }) => ({ nodeId: id, address }));
      return ownHello(config(), { nodeId, expect, clusterId: record.clusterId(), known: servers.slice(0, KNOWN_MAX) });
    },
    methods,
    onMessage(message) {
      if (inCluster.has(message.from)) handlers.onMessage(message);
    },
    onPeersChanged() {
      recount();
      handlers.onPeersChanged();
    },
    ...{ streams: tcp, clock, random, logger: log, meter: telemetry.meter },
  });
  return {
    peers,
    attach(next) {
      handlers = next;
    },
    serve: (more) => void Object.assign(methods, more),
    know() {
      const { servers } = handlers.configuration().configuration;
      const ids = new Set(servers.map(({ id }) => id));
      for (const { id, address } of servers) peers.know({ nodeId: id, address });
      for (const id of known) if (!ids.has(id)) peers.unknow(id);
      known.clear();
      for (const id of ids) known.add(id);
    },
    changed() {
      recount();
      peers.hello();
    },
    listen() {
      const { bindAddr, ports } = config();
      return listenForServers({ address: bindAddr, port: ports.server }, peers, log);
    },
    join(_onFatal) {
      const { retryJoin, startJoin } = config();
      for (const text of [...startJoin, ...retryJoin]) peers.dial(addressOf(text, log));
    },
    async joinNow(text) {
      const address = addressOf(text, log);
      const before = new Set(connected(peers));
      peers.dial(address);
      const untilMs = clock.monotonicMs() + JOIN_MS_MAX;
      const isThere = () =>
        connected(peers).some((id) => !before.has(id)) ||
        peers.list().some(({ hello, isConnected }) => isConnected && hello.address === address);
      while (!isThere()) {
        if (clock.monotonicMs() >= untilMs) {
          peers.forget(address);
          throw new Error(`no server answers at ${address}`);
        }
        await new Promise<void>((resolve) => clock.after(JOIN_LOOK_MS, resolve));
      }
    },
  };
}

const connected = (peers: LinkedPeers) =>
  peers.list().flatMap(({ hello, isConnected }) => (isConnected ? [hello.nodeId] : []));

/** Throws for what is no address. */
function addressOf(text: string, log: Logger): string {
  const { host, port, hadGossipPort } = parseJoinAddress(text);
  const address = joinHostPort(host, port);
  if (hadGossipPort) log.info("there is no gossip yet: asks the server port instead", { given: text, address });
  return address;
}
