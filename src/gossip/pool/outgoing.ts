import type { Clock } from "../../ports/clock.ts";
import type { StreamConnection, StreamHandlers, StreamPort } from "../../ports/stream.ts";
import type { Endpoint } from "../messages.ts";
import type { BudgetShare, ByteBudget } from "./byte-budget.ts";
import { endpointText } from "./endpoints.ts";
import { Reading, type SlicedReader } from "./reading.ts";

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connect: connection refused",
  EHOSTUNREACH: "connect: no route to host",
  ENETUNREACH: "connect: network is unreachable",
};

const TOO_MUCH = "the streams of this pool hold too much; try again later";

export interface Outgoing {
  readonly streams: StreamPort;
  readonly clock: Clock;
  readonly budget: ByteBudget;
  /** Of connecting, writing and the answer together. */
  readonly timeoutMs: number;
}

/** Says something over a stream of its own and closes it when the answer is whole. Rejects with a text for the operator. */
export async function askOverStream<T extends object>(
  to: Endpoint,
  bytes: Uint8Array,
  /** `reserve` takes memory from what all streams may hold. */
  readerOf: (reserve: (bytes: number) => boolean) => SlicedReader<T>,
  parts: Outgoing,
): Promise<T> {
  return await overStream<T>(to, parts, ({ share, resolve, reject }) => {
    const reading = new Reading(
      readerOf((more) => share.take(more)),
      parts.clock,
      {
        onMessage: resolve,
        onFailure: reject,
      },
    );
    return {
      said: bytes,
      isAll: false,
      onData: (more) => reading.push(more),
      onEnd: () => reading.end(),
      close: () => reading.close(),
    };
  });
}

/** Says something over a stream of its own that has no answer. Resolves when the peer has closed it in turn. */
export async function tellOverStream(to: Endpoint, bytes: Uint8Array, parts: Outgoing): Promise<void> {
  await overStream<void>(to, parts, ({ resolve }) => {
    const ignore = () => undefined;
    return { said: bytes, isAll: true, onData: ignore, onEnd: resolve, close: ignore };
  });
}

interface Waiting<T> {
  readonly share: BudgetShare;
  resolve(value: T): void;
  reject(error: unknown): void;
}

/** One side of a conversation. */
interface Talk {
  readonly said: Uint8Array;
  /** Nothing is to follow, so that the peer closes when it has read. */
  readonly isAll: boolean;
  onData(bytes: Uint8Array): void;
  /** The peer closed. */
  onEnd(): void;
  close(): void;
}

async function overStream<T>(
  to: Endpoint,
  { streams, clock, budget, timeoutMs }: Outgoing,
  talkOf: (waiting: Waiting<T>) => Talk,
): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  // It may be rejected while nobody waits for it yet.
  promise.catch(() => undefined);
  const share = budget.share();
  const talk = talkOf({ share, resolve, reject });
  const timer = clock.after(timeoutMs, () => {
    reject(new Error(`no answer of ${endpointText(to)} within ${timeoutMs} ms`));
  });
  let connection: StreamConnection | undefined;
  try {
    const handlers: StreamHandlers = {
      onData: (bytes) => (share.take(bytes.length) ? talk.onData(bytes) : reject(new Error(TOO_MUCH))),
      onDrain: () => undefined,
      onClose: (error) => (error === undefined ? talk.onEnd() : reject(error)),
    };
    connection = await streams.connect({ ...to, timeoutMs }, handlers);
    if (!share.take(talk.said.length)) throw new Error(TOO_MUCH);
    connection.write(talk.said);
    if (talk.isAll) connection.end();
    return await promise;
  } catch (error) {
    throw inWords(error, to);
  } finally {
    timer.cancel();
    talk.close();
    connection?.destroy();
    share.giveBackAll();
  }
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
