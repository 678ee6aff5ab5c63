import { Refusal } from "../../lib/refusal.ts";
import type { DatagramHandlers, DatagramPort, DatagramSocket } from "../../ports/datagram.ts";
import type { StreamConnection, StreamHandlers, StreamListener, StreamPort } from "../../ports/stream.ts";
import type { Endpoint } from "../messages.ts";
import { endpointText, plainAddress } from "./endpoints.ts";

/** A port that is free for TCP may be taken for UDP. */
const FREE_PORT_TRIES_MAX = 20;
/** All members may answer a query at once. */
const RECEIVE_BUFFER_BYTES = 2 * 1024 * 1024;
const CONNECTIONS_MAX = 256;

export interface SocketHandlers {
  readonly datagram: DatagramHandlers;
  onConnection(connection: StreamConnection): StreamHandlers;
  onListenError(error: Error): void;
}

/** What a pool listens on: UDP and TCP on one port. */
export interface Sockets {
  /** What is really bound. */
  readonly at: Endpoint;
  readonly datagrams: DatagramSocket;
  close(): void;
}

/** Port 0 takes one that is free for both. Rejects with a Refusal that names the port and what to do. */
export async function openSockets(
  bind: Endpoint,
  ports: { datagrams: DatagramPort; streams: StreamPort },
  handlers: SocketHandlers,
): Promise<Sockets> {
  for (let triesLeft = FREE_PORT_TRIES_MAX; ; triesLeft--) {
    const listener = await listen(bind, ports.streams, handlers);
    const at = { address: bind.address, port: listener.port };
    try {
      const options = { ...at, receiveBufferBytes: RECEIVE_BUFFER_BYTES, reportsUnreachable: false };
      const datagrams = await ports.datagrams.bind(options, handlers.datagram);
      const close = () => {
        datagrams.close();
        listener.close();
      };
      return { at: { address: plainAddress(bind.address), port: listener.port }, datagrams, close };
    } catch (error) {
      listener.close();
      if (bind.port !== 0 || triesLeft <= 1 || !isTaken(error)) throw failure("UDP", at, error);
    }
  }
}

async function listen(bind: Endpoint, streams: StreamPort, handlers: SocketHandlers): Promise<StreamListener> {
  const at = { ...bind, connectionsMax: CONNECTIONS_MAX };
  try {
    return await streams.listen(at, handlers.onConnection, handlers.onListenError);
  } catch (error) {
    throw failure("TCP", bind, error);
  }
}

function failure(protocol: string, at: Endpoint, error: unknown): Refusal {
  const where = `gossip can't listen on ${endpointText(at)} (${protocol})`;
  if (isTaken(error))
    return new Refusal(`${where}: another program has the port; stop that one or choose another port`);
  if (codeOf(error) === "EADDRNOTAVAIL") {
    return new Refusal(`${where}: this machine has no such address; bind to one that it has`);
  }
  return new Refusal(`${where}: ${error instanceof Error ? error.message : String(error)}`);
}

const isTaken = (error: unknown) => codeOf(error) === "EADDRINUSE";

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}
