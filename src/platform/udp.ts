import type { DatagramHandlers, DatagramPort, DatagramSocket } from "../ports/datagram.ts";

/**
 * UDP on `Bun.udpSocket`. Messages are sent one by one: `sendMany` would cost a sixth less for small ones, but loses or
 * blocks on messages that share a call with one to a peer whose port is closed (observed with Bun 1.4.5).
 */
export const udp: DatagramPort = { bind, connect };

const SEND_TRIES_MAX = 3;

async function bind(at: { address: string; port: number }, handlers: DatagramHandlers): Promise<DatagramSocket> {
  const socket = await Bun.udpSocket({
    hostname: at.address,
    port: at.port,
    socket: events(handlers),
  });
  return {
    address: socket.address.address,
    port: socket.port,
    send: (bytes, port, address) => sendPastErrors(() => socket.send(bytes, port, address)),
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
 * The kernel reports an ICMP error that an earlier message to another peer caused on the next send, and does not send;
 * a second try does. Other failures (port 0, another family, too big) are final: UDP promises nothing.
 */
function sendPastErrors(send: () => boolean): boolean {
  for (let triesLeft = SEND_TRIES_MAX; triesLeft > 0; triesLeft--) {
    try {
      return send();
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "ECONNREFUSED")) return false;
    }
  }
  return false;
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
