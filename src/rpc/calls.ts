import { Refusal } from "../lib/refusal.ts";
import type { Clock, Timer } from "../ports/clock.ts";
import type { Logger } from "../ports/logger.ts";
import { ByteReader, ByteWriter } from "./bytes.ts";
import { AnswerLost, NotSent } from "./errors.ts";
import { type FrameKind, KINDS } from "./frame.ts";
import type { Queued } from "./outbox.ts";
import type { Peer, Wire } from "./types.ts";
import { decodeFailure, encodeFailure, type Failure, failureOf, TEXT_ONLY, type WireCodec } from "./wire.ts";

/** What calls over one kind of connection may be, and how their values travel. */
export interface CallStyle {
  /** Calls of one connection that wait for their answers. */
  pendingMax: number;
  /** Calls of one caller that are served at a time, and the bytes that they came in. */
  servedMax: number;
  servedBytesMax: number;
  codec: WireCodec;
}

/** Between servers. */
export const LINK_CALLS: CallStyle = {
  pendingMax: 1024,
  servedMax: 256,
  servedBytesMax: Number.POSITIVE_INFINITY,
  codec: TEXT_ONLY,
};

const METHOD_BYTES_MAX = 100;

/**
 * Serves calls of others, by default of other servers. A Refusal travels as such; any other error becomes the caller's
 * `AnswerLost`. `signal` is aborted when the caller waits no longer; the connection to it may be gone too.
 */
export type Method<From = Peer> = (argument: Wire, from: From, signal: AbortSignal) => Promise<Wire>;
export type Methods<From = Peer> = Readonly<Record<string, Method<From>>>;

/** What calls need of the connection. */
export interface CallPort {
  offer(kind: FrameKind, payload: Uint8Array): Queued | undefined;
  withdraw(queued: Queued): boolean;
}

interface Pending {
  readonly method: string;
  readonly queued: Queued;
  readonly resolve: (value: Wire) => void;
  readonly reject: (error: Error) => void;
  /** Ends the waiting for time and abort. */
  readonly release: () => void;
}

/** Calls to one server over one connection. */
export class OutgoingCalls {
  readonly #port: CallPort;
  readonly #clock: Clock;
  readonly #style: CallStyle;
  readonly #pending = new Map<number, Pending>();
  #nextId = 1;

  constructor(port: CallPort, clock: Clock, style: CallStyle) {
    this.#port = port;
    this.#clock = clock;
    this.#style = style;
  }

  /** Calls that wait for their answers. */
  get size(): number {
    return this.#pending.size;
  }

  /** See `Peers.call`. */
  call(method: string, argument: Wire, options: { timeoutMs: number; signal?: AbortSignal }): Promise<Wire> {
    const { timeoutMs, signal } = options;
    return new Promise((resolve, reject) => {
      if (signal?.aborted) throw new NotSent(`call of ${method} was cancelled`);
      const { pendingMax, codec } = this.#style;
      if (this.#pending.size >= pendingMax) throw new NotSent(`${pendingMax} calls wait for the same server`);
      const id = this.#nextId++;
      const queued = this.#port.offer("call", encodeCall(id, timeoutMs, method, argument, codec));
      if (queued === undefined) throw new NotSent(`call of ${method} does not fit into what waits to be sent`);
      let timer: Timer | undefined;
      const stop = (why: string) => this.#giveUp(id, why);
      const onAbort = () => stop("was cancelled");
      const release = () => {
        timer?.cancel();
        signal?.removeEventListener("abort", onAbort);
      };
      this.#pending.set(id, { method, queued, resolve, reject, release });
      timer = this.#clock.after(timeoutMs, () => stop(`got no answer within ${timeoutMs} ms`));
      signal?.addEventListener("abort", onAbort);
    });
  }

  /** False for bytes that are no answer. Answers that nobody waits for any more are fine. */
  onAnswer(payload: Buffer): boolean {
    const input = new ByteReader(payload);
    const id = input.varint();
    const result = this.#style.codec.read(input);
    if (!input.isDone || result === undefined) return false;
    this.#settle(id)?.resolve(result.value);
    return true;
  }

  /** As `onAnswer`, for failures. */
  onFailure(payload: Buffer): boolean {
    const input = new ByteReader(payload);
    const id = input.varint();
    const failure = decodeFailure(input.tail());
    if (!input.isDone || failure === undefined) return false;
    const pending = this.#settle(id);
    pending?.reject(errorOf(failure, pending.method));
    return true;
  }

  /** `wasUnused`: the other end certainly executed nothing. */
  close(why: string, wasUnused: boolean): void {
    for (const [id, { method, queued, reject }] of this.#pending) {
      this.#settle(id);
      const text = `call of ${method}: ${why}`;
      reject(queued.isSent && !wasUnused ? new AnswerLost(text) : new NotSent(text));
    }
  }

  #giveUp(id: number, why: string): void {
    const pending = this.#settle(id);
    if (pending === undefined) return;
    const text = `call of ${pending.method} ${why}`;
    if (this.#port.withdraw(pending.queued)) pending.reject(new NotSent(text));
    else {
      const out = new ByteWriter();
      out.varint(id);
      this.#port.offer("cancel", out.take());
      pending.reject(new AnswerLost(text));
    }
  }

  #settle(id: number): Pending | undefined {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    pending?.release();
    return pending;
  }
}

export interface ServingOptions<From> {
  clock: Clock;
  logger: Logger;
  methods: Methods<From>;
  /** Who is at the other end, now. */
  from: () => From;
  /** Why a call of the method is not taken now, if it is not. */
  refuse?: (method: string) => string | undefined;
  /** Counts the calls that are being served on several connections together. */
  load?: { served: number };
}

/** Calls of one caller that are being served. */
export class IncomingCalls<From = Peer> {
  readonly #port: CallPort;
  readonly #style: CallStyle;
  readonly #options: ServingOptions<From>;
  readonly #served = new Map<number, AbortController>();
  #servedBytes = 0;

  constructor(port: CallPort, style: CallStyle, options: ServingOptions<From>) {
    this.#port = port;
    this.#style = style;
    this.#options = options;
  }

  /** False for bytes that are no call. */
  onCall(payload: Buffer): boolean {
    const { methods, refuse } = this.#options;
    const input = new ByteReader(payload);
    const [id, timeoutMs, name] = [input.varint(), input.varint(), input.text(METHOD_BYTES_MAX)];
    const argument = this.#style.codec.read(input);
    if (!input.isDone || argument === undefined || this.#served.has(id)) return false;
    const method = Object.hasOwn(methods, name) ? methods[name] : undefined;
    const full = this.#fullFor(payload.length) ?? refuse?.(name);
    if (method === undefined) this.#fail(id, { kind: "not executed", text: `unknown method ${name}` });
    else if (full !== undefined) this.#fail(id, { kind: "not executed", text: full });
    else void this.#serve({ id, timeoutMs, name, bytes: payload.length }, method, argument.value);
    return true;
  }

  /** False for bytes that name no call. One that is answered already is fine. */
  onCancel(payload: Buffer): boolean {
    const input = new ByteReader(payload);
    const id = input.varint();
    if (input.isDone) this.#served.get(id)?.abort();
    return input.isDone;
  }

  close(): void {
    for (const controller of this.#served.values()) controller.abort();
  }

  #fullFor(bytes: number): string | undefined {
    const { servedMax, servedBytesMax } = this.#style;
    if (this.#served.size >= servedMax) return `the server executes ${servedMax} calls of this one already`;
    if (this.#served.size === 0 || this.#servedBytes + bytes <= servedBytesMax) return undefined;
    return `the server executes calls of this one of ${servedBytesMax} bytes already`;
  }

  async #serve(call: IncomingCall, method: Method<From>, argument: Wire): Promise<void> {
    const { clock, logger, from, load = { served: 0 } } = this.#options;
    const { id, bytes, name } = call;
    const controller = new AbortController();
    this.#served.set(id, controller);
    this.#servedBytes += bytes;
    load.served++;
    const timer = clock.after(call.timeoutMs, () => controller.abort());
    try {
      this.#answer(id, await method(argument, from(), controller.signal));
    } catch (error) {
      const failure = failureOf(error);
      if (failure.kind === "error" && !controller.signal.aborted) {
        logger.error("a call of another node failed", { method: name, error: failure.text });
      }
      this.#fail(id, failure);
    } finally {
      timer.cancel();
      this.#served.delete(id);
      this.#servedBytes -= bytes;
      load.served--;
    }
  }

  #answer(id: number, value: Wire): void {
    const out = new ByteWriter();
    out.varint(id);
    this.#style.codec.write(out, value);
    const payload = out.take();
    if (payload.length > KINDS.answer.bytesMax) this.#fail(id, { kind: "error", text: "the answer is too large" });
    else if (this.#port.offer("answer", payload) === undefined) {
      this.#fail(id, { kind: "error", text: "the answer does not fit into what waits to be sent" });
    }
  }

  #fail(id: number, failure: Failure): void {
    const out = new ByteWriter();
    out.varint(id);
    out.tail(encodeFailure(failure));
    this.#port.offer("failure", out.take());
  }
}

interface IncomingCall {
  id: number;
  timeoutMs: number;
  name: string;
  bytes: number;
}

function encodeCall(id: number, timeoutMs: number, method: string, argument: Wire, codec: WireCodec): Uint8Array {
  const out = new ByteWriter();
  out.varint(id);
  out.varint(Math.ceil(timeoutMs));
  out.text(method);
  codec.write(out, argument);
  return out.take();
}

function errorOf({ kind, text, status, outcome }: Failure, method: string): Error {
  if (kind === "refusal") return new Refusal(text, status, outcome);
  const why = `call of ${method}: ${text}`;
  return kind === "error" ? new AnswerLost(why) : new NotSent(why);
}
