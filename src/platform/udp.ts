import { dlopen, ptr } from "bun:ffi";
import type { DatagramHandlers, DatagramOptions, DatagramPort, DatagramSocket } from "../ports/datagram.ts";

/**
 * UDP on `Bun.udpSocket`. Messages are sent one by one: `sendMany` would cost a sixth less for small ones, but loses or
 * blocks on messages that share a call with one to a peer whose port is closed (observed with Bun 1.4.5).
 */
export const udp: DatagramPort = { bind, connect };

const SEND_TRIES_MAX = 3;
/** Linux: options of a socket, and the levels that they belong to. */
const [IPPROTO_IP, SOL_SOCKET, IPPROTO_IPV6] = [0, 1, 41];
const [SO_RCVBUF, IP_RECVERR, IPV6_RECVERR] = [8, 11, 25];

async function bind(
  at: { address: string; port: number } & DatagramOptions,
  handlers: DatagramHandlers,
): Promise<DatagramSocket> {
  const socket = await Bun.udpSocket({
    hostname: at.address,
    port: at.port,
    socket: events(handlers),
  });
  applyOptions(socket, at);
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
 * Bun has no calls for these, so they are the C library's. What the system does not take (`net.core.rmem_max` limits the buffer,
 * an IPv4 socket has no options of IPv6) stays as it was.
 */
function applyOptions(socket: object, { receiveBufferBytes, reportsUnreachable = true }: DatagramOptions): void {
  const options: [level: number, name: number, value: number][] = [];
  if (receiveBufferBytes !== undefined) options.push([SOL_SOCKET, SO_RCVBUF, receiveBufferBytes]);
  if (!reportsUnreachable) options.push([IPPROTO_IP, IP_RECVERR, 0], [IPPROTO_IPV6, IPV6_RECVERR, 0]);
  if (options.length === 0 || !("fd" in socket && typeof socket.fd === "number" && socket.fd >= 0)) return;
  try {
    const { symbols } = dlopen("libc.so.6", {
      setsockopt: { args: ["i32", "i32", "i32", "ptr", "u32"], returns: "i32" },
    });
    for (const [level, name, value] of options) {
      const bytes = Buffer.alloc(4);
      bytes.writeInt32LE(value);
      symbols.setsockopt(socket.fd, level, name, ptr(bytes), bytes.length);
    }
  } catch {
    // Another C library.
  }
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
