import type { DatagramHandlers, DatagramPort, DatagramSocket } from "../ports/datagram.ts";

/**
 * UDP on `Bun.udpSocket`. Messages are sent one by one: `sendMany` would cost a sixth less for small ones, but loses or
 * blocks on messages that share a call with one to a peer whose port is closed (observed with Bun 1.4.5).
 */
export const udp: DatagramPort = { bind, connect };

async function bind(at: { address: string; port: number }, handlers: DatagramHandlers): Promise<DatagramSocket> {
  const socket = await Bun.udpSocket({
    hostname: at.address,
    port: at.port,
    socket: events(handlers),
  });
  return {
    address: socket.address.address,
    port: socket.port,
    send: (bytes, port, address) => {
      try {
        return socket.send(bytes, port, address);
      } catch {
        // A peer that cannot be answered (port 0, another family, an answer too big): UDP promises nothing.
        return false;
      }
    },
    close: () => socket.close(),
  };
}

async function connect(
  to: { address: string; port: number },
  handlers: DatagramHandlers,
): Promise<{ send(bytes: Uint8Array): boolean; close(): void }> {
  const socket = await Bun.udpSocket({
    hostname: to.address.includes(":") ? "::" : "0.0.0.0",
    connect: { hostname: to.address, port: to.port },
    socket: events(handlers),
  });
  return {
    send: (bytes) => {
      try {
        return socket.send(bytes);
      } catch {
        return false;
      }
    },
    close: () => socket.close(),
  };
}

/**
 * Bun calls `error` with the error alone, whatever its types say, and without `error` an ICMP message from any dead
 * peer would end the process.
 */
function events(handlers: DatagramHandlers) {
  return {
    data: (_socket: unknown, bytes: Buffer, port: number, address: string) => handlers.onMessage(bytes, port, address),
    error: (first: unknown, second?: unknown) => {
      const error = second instanceof Error ? second : first;
      handlers.onError(error instanceof Error ? error : new Error(String(error)));
    },
  };
}
