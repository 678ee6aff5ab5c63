import type { Clock } from "../ports/clock.ts";
import type { DatagramPort, DatagramSocket } from "../ports/datagram.ts";
import type { Logger } from "../ports/logger.ts";
import type { Meter } from "../ports/meter.ts";
import type { Random } from "../ports/random.ts";
import type { StreamListener, StreamPort } from "../ports/stream.ts";
import type { DnsConfig } from "./config.ts";
import { Recursors } from "./recursor.ts";
import { Responder } from "./responder.ts";
import type { DnsSource } from "./source.ts";
import { TcpConnection } from "./tcp-connection.ts";

/** All clients together; each costs a descriptor and at most 64 KiB of an unfinished query. */
const TCP_CONNECTIONS_MAX = 1024;
/** With port 0 the port that UDP got may be taken on TCP. */
const PORT_TRIES_MAX = 8;

export interface DnsOptions {
  /** Addresses to serve, each over UDP and TCP on one port; port 0 takes a free one. */
  readonly listen: readonly { readonly address: string; readonly port: number }[];
  readonly nodeName: string;
  readonly source: DnsSource;
  readonly config: DnsConfig;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly meter: Meter;
  readonly udp: DatagramPort;
  readonly tcp: StreamPort;
}

export interface DnsServer {
  /** Where it listens, in the order of `listen`. */
  readonly addresses: readonly { readonly address: string; readonly port: number }[];
  /** Takes effect for the next query; the listeners stay. */
  reconfigure(config: DnsConfig): void;
  /** Stops at once: listeners and connections are closed. */
  close(): void;
}

interface Listener {
  readonly udp: DatagramSocket;
  readonly tcp: StreamListener;
}

/** Starts the DNS edge. Rejects with the system's error when an address cannot be bound; then nothing stays open. */
export async function startDns(options: DnsOptions): Promise<DnsServer> {
  const recursors = new Recursors(options, options.random);
  const responder = new Responder({ ...options, recursors });
  const connections = new Set<TcpConnection>();
  const listeners: Listener[] = [];
  const close = () => {
    for (const listener of listeners) {
      listener.udp.close();
      listener.tcp.close();
    }
    for (const connection of connections) connection.close();
  };
  try {
    for (const at of options.listen) listeners.push(await listen(at, options, responder, connections));
  } catch (error) {
    close();
    throw error;
  }
  return {
    addresses: listeners.map(({ udp }) => ({ address: udp.address, port: udp.port })),
    reconfigure: (config) => responder.reconfigure(config),
    close,
  };
}

async function listen(
  at: { address: string; port: number },
  options: DnsOptions,
  responder: Responder,
  connections: Set<TcpConnection>,
): Promise<Listener> {
  for (let left = PORT_TRIES_MAX; ; left--) {
    const udp = await listenUdp(at, options, responder);
    try {
      const bound = { address: at.address, port: udp.port, connectionsMax: TCP_CONNECTIONS_MAX };
      const tcp = await options.tcp.listen(
        bound,
        (stream) => {
          const connection = new TcpConnection(stream, responder, options.clock, () => connections.delete(connection));
          connections.add(connection);
          return connection;
        },
        (error) => options.log.warn("DNS TCP listener failed", { error: error.message }),
      );
      return { udp, tcp };
    } catch (error) {
      udp.close();
      if (at.port !== 0 || left <= 1) throw error;
    }
  }
}

async function listenUdp(
  at: { address: string; port: number },
  { udp, log }: DnsOptions,
  responder: Responder,
): Promise<DatagramSocket> {
  const socket = await udp.bind(at, {
    onMessage: (bytes, port, address) => {
      // Nobody listens on port 0: such a packet is forged.
      if (port === 0) return;
      const answer = responder.respond(bytes, { transport: "udp", address });
      if (answer instanceof Uint8Array) socket.send(answer, port, address);
      else if (answer !== undefined) void answer.then((wire) => socket.send(wire, port, address));
    },
    // Mostly "port unreachable" from a client that is gone; the kernel does not say which.
    onError: (error) => log.trace("DNS UDP error", { error: error.message }),
  });
  return socket;
}
