import { Refusal } from "../lib/refusal.ts";
import type { Logger } from "../ports/logger.ts";
import type { Entry, HardState, LogStore } from "../raft/types.ts";
import {
  type AppendBatch,
  FREE_BYTES_MIN,
  type LogReply,
  type LogRequest,
  type LogWriterSetup,
  type OpenedLog,
} from "./log-protocol.ts";
import { startThread } from "./thread.ts";

type Call = LogRequest extends infer R ? (R extends { id: number } ? Omit<R, "id"> : never) : never;

interface Waiting {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/**
 * The log in `<dir>/raft/raft.db`, written by its own thread so that a slow fsync never stalls the caller. `onFatal` is
 * called once, with a text for the operator, when the log can't be trusted any more (a failed fsync, an I/O error, a
 * dead thread): the process must end, and nothing is retried, because after a failed fsync the kernel may have dropped
 * the pages. Errors of `open` are only thrown.
 */
export function openLogStore(options: {
  dir: string;
  log: Logger;
  onFatal: (reason: string) => void;
  freeBytesMin?: number;
}): LogStore {
  return new ThreadLogStore(options);
}

class ThreadLogStore implements LogStore {
  readonly #log: Logger;
  readonly #onFatal: (reason: string) => void;
  readonly #worker: Worker;
  /** In order of the calls; bounded by whoever proposes. */
  readonly #waiting = new Map<number, Waiting>();
  #outbox: LogRequest[] = [];
  /** The appends of this turn, while nothing else was called after them: one request with one promise. */
  #batch: { request: AppendBatch; done: Promise<void> } | undefined;
  #nextId = 1;
  #generation = 0;
  #dead: Error | undefined;
  #opened = false;
  #closed = false;

  constructor(options: { dir: string; log: Logger; onFatal: (reason: string) => void; freeBytesMin?: number }) {
    this.#log = options.log;
    this.#onFatal = options.onFatal;
    this.#worker = startThread("log-writer.ts");
    this.#worker.onmessage = ({ data }: MessageEvent<LogReply>) => this.#settle(data);
    this.#worker.onerror = (event) => this.#fail(`the log-writer thread failed: ${event.message}`);
    this.#worker.addEventListener("close", () => this.#fail("the log-writer thread ended"));
    const setup: LogWriterSetup = { dir: options.dir, freeBytesMin: options.freeBytesMin ?? FREE_BYTES_MIN };
    this.#worker.postMessage(setup);
  }

  async open(): Promise<Pick<OpenedLog, "hardState" | "bounds">> {
    const { warnings, ...opened } = (await this.#call({ kind: "open" })) as OpenedLog;
    this.#opened = true;
    for (const warning of warnings) this.#log.warn(warning);
    return opened;
  }

  append(entries: readonly Entry[]): Promise<void> {
    const [first] = entries;
    if (first === undefined) return Promise.resolve();
    if (this.#batch === undefined || this.#dead !== undefined || this.#closed) {
      const request: AppendBatch = { firstIndex: first.index, terms: [], types: [], datas: [] };
      const done = this.#call({ kind: "append", generation: this.#generation, ...request }) as Promise<void>;
      this.#batch = { request, done };
    }
    const { request, done } = this.#batch;
    for (const { term, type, data } of entries) {
      request.terms.push(term);
      request.types.push(type);
      request.datas.push(data);
    }
    return done;
  }

  setHardState(state: HardState): Promise<void> {
    return this.#call({ kind: "hardState", state }) as Promise<void>;
  }

  read(from: number, to: number, bytesMax: number): Promise<Entry[]> {
    return this.#call({ kind: "read", from, to, bytesMax }) as Promise<Entry[]>;
  }

  compact(index: number): Promise<void> {
    return this.#call({ kind: "compact", index }) as Promise<void>;
  }

  reset(index: number, term: number): Promise<void> {
    return this.#call({ kind: "reset", index, term }) as Promise<void>;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    try {
      if (this.#dead === undefined) await this.#call({ kind: "close" });
    } finally {
      this.#closed = true;
      this.#worker.terminate();
    }
  }

  /** All calls of one turn of the event loop travel in one message: a message costs as much as a small entry. */
  #call(call: Call): Promise<unknown> {
    if (this.#dead !== undefined) return Promise.reject(this.#dead);
    if (this.#closed) return Promise.reject(new Error("the log is closed"));
    const id = this.#nextId++;
    this.#batch = undefined;
    if (this.#outbox.length === 0) setImmediate(() => this.#send());
    this.#outbox.push({ ...call, id } as LogRequest);
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
  }

  #send(): void {
    const requests = this.#outbox;
    this.#outbox = [];
    this.#batch = undefined;
    if (this.#dead === undefined && !this.#closed) this.#worker.postMessage(requests);
  }

  #settle(reply: LogReply): void {
    this.#generation = reply.generation;
    const failures = new Map(reply.failures.map((failure) => [failure.id, failure]));
    const values = new Map(reply.values.map(({ id, value }) => [id, value]));
    for (const [id, waiting] of this.#waiting) {
      if (id > reply.doneUpTo) break;
      this.#waiting.delete(id);
      const failure = failures.get(id);
      if (failure === undefined) waiting.resolve(values.get(id));
      else waiting.reject(failure.fatal ? new Error(failure.text) : new Refusal(failure.text));
    }
    const fatal = reply.failures.find((failure) => failure.fatal);
    if (fatal !== undefined) this.#fail(fatal.text);
  }

  #fail(reason: string): void {
    if (this.#dead !== undefined || this.#closed) return;
    this.#dead = new Error(reason);
    for (const { reject } of this.#waiting.values()) reject(this.#dead);
    this.#waiting.clear();
    this.#outbox = [];
    if (this.#opened) this.#onFatal(reason);
  }
}
