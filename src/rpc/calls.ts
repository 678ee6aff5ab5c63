import { Refusal } from "../lib/refusal.ts";
import type { Clock, Timer } from "../ports/clock.ts";
import type { Logger } from "../ports/logger.ts";
import { ByteReader, ByteWriter } from "./bytes.ts";
import { AnswerLost, NotSent } from "./errors.ts";
import { type FrameKind, KINDS } from "./frame.ts";
import type { Queued } from "./outbox.ts";
import type { Peer, Wire } from "./types.ts";
import { decodeFailure, decodeWire, encodeFailure, encodeWire, type Failure, failureOf } from "./wire.ts";

/** Calls of one link that wait for their answers, and calls of one peer that are served at a time. */
const PENDING_MAX = 1024;
const SERVED_MAX = 256;
const METHOD_BYTES_MAX = 100;

/**
 * Serves calls of other servers. A Refusal travels as such; any other error becomes the caller's `AnswerLost`. `signal`
 * is aborted when the caller waits no longer; the link to it may be gone too.
 */
export type Method = (argument: Wire, from: Peer, signal: AbortSignal) => Promise<Wire>;
export type Methods = Readonly<Record<string, Method>>;

/** What calls need of the link. */
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

/** Calls to one peer over one link. */
export class OutgoingCalls {
  readonly #port: CallPort;
  readonly #clock: Clock;
  readonly #pending = new Map<number, Pending>();
  #nextId = 1;

  constructor(port: CallPort, clock: Clock) {
    this.#port = port;
    this.#clock = clock;
  }

  /** See `Peers.call`. */
  call(method: string, argument: Wire, options: { timeoutMs: number; signal?: AbortSignal }): Promise<Wire> {
    const { timeoutMs, signal } = options;
    return new Promise((resolve, reject) => {
      if (signal?.aborted) throw new NotSent(`call of ${method} was cancelled`);
      if (this.#pending.size >= PENDING_MAX) throw new NotSent(`${PENDING_MAX} calls wait for the same server`);
      const id = this.#nextId++;
      const queued = this.#port.offer("call", encodeCall(id, timeoutMs, method, argument));
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
    const result = decodeWire(input.tail());
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

/** Calls of one peer that are being served. */
export class IncomingCalls {
  readonly #port: CallPort;
  readonly #clock: Clock;
  readonly #methods: Methods;
  readonly #from: () => Peer;
  readonly #logger: Logger;
  readonly #served = new Map<number, AbortController>();

  constructor(port: CallPort, clock: Clock, methods: Methods, from: () => Peer, logger: Logger) {
    this.#port = port;
    this.#clock = clock;
    this.#methods = methods;
    this.#from = from;
    this.#logger = logger;
  }

  /** False for bytes that are no call. */
  onCall(payload: Buffer): boolean {
    const input = new ByteReader(payload);
    const [id, timeoutMs, name] = [input.varint(), input.varint(), input.text(METHOD_BYTES_MAX)];
    const argument = decodeWire(input.tail());
    if (!input.isDone || argument === undefined || this.#served.has(id)) return false;
    const method = Object.hasOwn(this.#methods, name) ? this.#methods[name] : undefined;
    if (method === undefined) this.#fail(id, { kind: "not executed", text: `unknown method ${name}` });
    else if (this.#served.size >= SERVED_MAX) {
      this.#fail(id, { kind: "not executed", text: `the server executes ${SERVED_MAX} calls of this one already` });
    } else void this.#serve(id, timeoutMs, name, method, argument.value);
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

  async #serve(id: number, timeoutMs: number, name: string, method: Method, argument: Wire): Promise<void> {
    const controller = new AbortController();
    this.#served.set(id, controller);
    const timer = this.#clock.after(timeoutMs, () => controller.abort());
    try {
      this.#answer(id, await method(argument, this.#from(), controller.signal));
    } catch (error) {
      const failure = failureOf(error);
      if (failure.kind === "error" && !controller.signal.aborted) {
        this.#logger.error("a call of another server failed", { method: name, error: failure.text });
      }
      this.#fail(id, failure);
    } finally {
      timer.cancel();
      this.#served.delete(id);
    }
  }

  #answer(id: number, value: Wire): void {
    const out = new ByteWriter();
    out.varint(id);
    out.tail(encodeWire(value));
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

function encodeCall(id: number, timeoutMs: number, method: string, argument: Wire): Uint8Array {
  const out = new ByteWriter();
  out.varint(id);
  out.varint(Math.ceil(timeoutMs));
  out.text(method);
  out.tail(encodeWire(argument));
  return out.take();
}

function errorOf({ kind, text, status, outcome }: Failure, method: string): Error {
  if (kind === "refusal") return new Refusal(text, status, outcome);
  const why = `call of ${method}: ${text}`;
  return kind === "error" ? new AnswerLost(why) : new NotSent(why);
}
