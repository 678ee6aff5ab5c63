import { dlopen, ptr } from "bun:ffi";
import type { DatagramHandlers, DatagramPort, DatagramSocket } from "../ports/datagram.ts";

/**
 * UDP on `Bun.udpSocket`. Messages are sent one by one: `sendMany` would cost a sixth less for small ones, but loses or
 * blocks on messages that share a call with one to a peer whose port is closed (observed with Bun 1.4.5).
 */
export const udp: DatagramPort = { bind, connect };

const SEND_TRIES_MAX = 3;
/** Linux. */
const SOL_SOCKET = 1;
const SO_RCVBUF = 8;

async function bind(
  at: { address: string; port: number; receiveBufferBytes?: number },
  handlers: DatagramHandlers,
): Promise<DatagramSocket> {
  const socket = await Bun.udpSocket({
    hostname: at.address,
    port: at.port,
    socket: events(handlers),
  });
  if (at.receiveBufferBytes !== undefined) enlargeReceiveBuffer(socket, at.receiveBufferBytes);
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
 * Bun has no call for it, so it is the C library's. The system may give less (`net.core.rmem_max`), and what it gives by
 * default does, too: failing is fine.
 */
function enlargeReceiveBuffer(socket: object, bytes: number): void {
  if (!("fd" in socket && typeof socket.fd === "number" && socket.fd >= 0)) return;
  try {
    const { symbols } = dlopen("libc.so.6", {
      setsockopt: { args: ["i32", "i32", "i32", "ptr", "u32"], returns: "i32" },
    });
    const value = Buffer.alloc(4);
    value.writeInt32LE(bytes);
    symbols.setsockopt(socket.fd, SOL_SOCKET, SO_RCVBUF, ptr(value), value.length);
  } catch {
    // Another C library: what the system gives by default stays.
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
