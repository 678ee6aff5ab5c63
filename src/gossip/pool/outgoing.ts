import type { Clock } from "../../ports/clock.ts";
import type { StreamConnection, StreamHandlers, StreamPort } from "../../ports/stream.ts";
import type { Endpoint } from "../messages.ts";
import type { BudgetShare, ByteBudget } from "./byte-budget.ts";
import { endpointText } from "./endpoints.ts";

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connect: connection refused",
  EHOSTUNREACH: "connect: no route to host",
  ENETUNREACH: "connect: network is unreachable",
};

/** What a peer is to say. */
export interface Answer<T> {
  /** Undefined while more is to come. Throws when it can't become an answer. */
  push(bytes: Uint8Array): T | undefined;
  /** The peer closed before that. Throws when more should have come. */
  end(): T;
}

export interface Outgoing {
  readonly streams: StreamPort;
  readonly clock: Clock;
  readonly budget: ByteBudget;
  /** Of connecting, writing and the answer together. */
  readonly timeoutMs: number;
}

/**
 * Says something over a stream of its own, and closes it when the answer is whole. `isAll`: nothing is to follow, so that
 * the peer closes when it has read. Rejects with a text for the operator.
 */
export async function overStream<T>(
  to: Endpoint,
  said: { bytes: Uint8Array; isAll: boolean },
  answer: Answer<T>,
  parts: Outgoing,
): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  // It may be rejected while nobody waits for it yet.
  promise.catch(() => undefined);
  const share = parts.budget.share();
  const attempt = (step: () => T | undefined) => {
    try {
      const value = step();
      if (value !== undefined) resolve(value);
    } catch (error) {
      reject(error);
    }
  };
  const timer = parts.clock.after(parts.timeoutMs, () => {
    reject(new Error(`no answer of ${endpointText(to)} within ${parts.timeoutMs} ms`));
  });
  let connection: StreamConnection | undefined;
  try {
    const handlers: StreamHandlers = {
      onData: (bytes) =>
        attempt(() => {
          reserve(share, bytes.length);
          return answer.push(bytes);
        }),
      onDrain: () => undefined,
      onClose: (error) => (error === undefined ? attempt(() => answer.end()) : reject(error)),
    };
    connection = await parts.streams.connect({ ...to, timeoutMs: parts.timeoutMs }, handlers);
    reserve(share, said.bytes.length);
    connection.write(said.bytes);
    if (said.isAll) connection.end();
    return await promise;
  } catch (error) {
    throw inWords(error, to);
  } finally {
    timer.cancel();
    connection?.destroy();
    share.giveBackAll();
  }
}

function reserve(share: BudgetShare, bytes: number): void {
  if (!share.take(bytes)) throw new Error("the streams of this pool hold too much; try again later");
}

/** What the system reports, in Go's words, which operators know. */
function inWords(error: unknown, to: Endpoint): Error {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const where = `tcp ${endpointText(to)}`;
  if (REASONS[code] !== undefined) return new Error(`dial ${where}: ${REASONS[code]}`);
  if (code === "ECONNRESET" || code === "EPIPE") return new Error(`read ${where}: connection reset by peer`);
  if (error instanceof Error && error.message === "connect timeout") return new Error(`dial ${where}: i/o timeout`);
  return error instanceof Error ? error : new Error(String(error));
}
