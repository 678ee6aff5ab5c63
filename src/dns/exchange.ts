import { FLAG, HEADER_BYTES } from "../codec/dns/types.ts";
import type { Clock } from "../ports/clock.ts";
import type { DatagramPort } from "../ports/datagram.ts";
import type { StreamConnection, StreamPort } from "../ports/stream.ts";
import type { Transport } from "./fit.ts";
import { FrameReader, framed } from "./frames.ts";

export interface ExchangePorts {
  readonly udp: DatagramPort;
  readonly tcp: StreamPort;
  readonly clock: Clock;
}

export interface Peer {
  readonly address: string;
  readonly port: number;
}

/**
 * Sends one query to one server and gives its answer, or `undefined` when none came in time. UDP takes a new socket,
 * hence a new random source port, for each query, and the kernel lets only this peer in; id and question must match as
 * well, so that an off-path attacker has to guess 32 bits (RFC 5452).
 */
export function exchange(
  ports: ExchangePorts,
  peer: Peer,
  query: Uint8Array,
  transport: Transport,
  timeoutMs: number,
): Promise<Uint8Array | undefined> {
  return transport === "udp" ? exchangeUdp(ports, peer, query, timeoutMs) : exchangeTcp(ports, peer, query, timeoutMs);
}

async function exchangeUdp(
  ports: ExchangePorts,
  peer: Peer,
  query: Uint8Array,
  timeoutMs: number,
): Promise<Uint8Array | undefined> {
  const { promise, resolve } = Promise.withResolvers<Uint8Array | undefined>();
  const timer = ports.clock.after(timeoutMs, () => resolve(undefined));
  let socket: { send(bytes: Uint8Array): boolean; close(): void } | undefined;
  try {
    socket = await ports.udp.connect(peer, {
      onMessage: (bytes) => {
        if (isAnswerTo(query, bytes)) resolve(Uint8Array.from(bytes));
      },
      onError: () => resolve(undefined),
    });
    if (!socket.send(query)) resolve(undefined);
    return await promise;
  } catch {
    // No socket or no route: the same as no answer.
    return undefined;
  } finally {
    timer.cancel();
    socket?.close();
  }
}

async function exchangeTcp(
  ports: ExchangePorts,
  peer: Peer,
  query: Uint8Array,
  timeoutMs: number,
): Promise<Uint8Array | undefined> {
  const { promise, resolve } = Promise.withResolvers<Uint8Array | undefined>();
  const timer = ports.clock.after(timeoutMs, () => resolve(undefined));
  const reader = new FrameReader();
  let connection: StreamConnection | undefined;
  try {
    connection = await ports.tcp.connect(
      { ...peer, timeoutMs },
      {
        onData: (bytes) => {
          for (const frame of reader.push(bytes)) resolve(isAnswerTo(query, frame) ? frame : undefined);
        },
        onDrain: () => undefined,
        onClose: () => resolve(undefined),
      },
    );
    connection.write(framed(query));
    return await promise;
  } catch {
    // Refused or timed out: the same as no answer.
    return undefined;
  } finally {
    timer.cancel();
    connection?.destroy();
  }
}

/** Same id, a response, and the same question; case is ignored because some servers lower it. */
function isAnswerTo(query: Uint8Array, answer: Uint8Array): boolean {
  const end = questionEnd(query);
  if (answer.length < end || ((answer[2] ?? 0) & (FLAG.QR >> 8)) === 0) return false;
  if (answer[0] !== query[0] || answer[1] !== query[1] || answer[4] !== 0 || answer[5] !== 1) return false;
  for (let i = HEADER_BYTES; i < end; i++) if (lower(answer[i] ?? 0) !== lower(query[i] ?? 0)) return false;
  return true;
}

function questionEnd(query: Uint8Array): number {
  let at = HEADER_BYTES;
  while ((query[at] ?? 0) !== 0) at += (query[at] ?? 0) + 1;
  return at + 5;
}

function lower(byte: number): number {
  return byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte;
}
