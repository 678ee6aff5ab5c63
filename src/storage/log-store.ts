import { Refusal } from "../lib/refusal.ts";
import type { Logger } from "../ports/logger.ts";
import type { Configuration, IndexedConfiguration } from "../raft/configuration.ts";
import type { Entry, HardState, LogStore, OpenedLog } from "../raft/types.ts";
import { DamageError } from "./failure.ts";
import {
  type FoundLog,
  FREE_BYTES_MIN,
  type Gathering,
  type LogFailure,
  type LogReply,
  type LogRequest,
  type LogWriterSetup,
  needsRoom,
  packEntries,
  packRequests,
  type ReplyMessage,
  unpackReply,
} from "./log-protocol.ts";
import { startThread } from "./thread.ts";

/** A call before it is sent; appends still gather. */
type Call =
  | ({ kind: "gather"; generation: number } & Gathering)
  | (LogRequest extends infer R
      ? R extends { id: number; kind: "append" }
        ? never
        : R extends { id: number }
          ? Omit<R, "id">
          : never
      : never);

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
  #outbox: (Call & { id: number })[] = [];
  /** The appends of this turn, while nothing else was called after them: one request with one promise. */
  #batch: (Gathering & { done: Promise<void> }) | undefined;
  #nextId = 1;
  #generation = 0;
  /** It answers each message with one reply. */
  #isThreadBusy = false;
  #dead: Error | undefined;
  #opened = false;
  #closed = false;

  constructor(options: { dir: string; log: Logger; onFatal: (reason: string) => void; freeBytesMin?: number }) {
    this.#log = options.log;
    this.#onFatal = options.onFatal;
    this.#worker = startThread("log-writer.ts");
    this.#worker.onmessage = ({ data }: MessageEvent<ReplyMessage>) => this.#settle(unpackReply(data));
    this.#worker.onerror = (event) => this.#fail(`the log-writer thread failed: ${event.message}`);
    this.#worker.addEventListener("close", () => this.#fail("the log-writer thread ended"));
    const setup: LogWriterSetup = { dir: options.dir, freeBytesMin: options.freeBytesMin ?? FREE_BYTES_MIN };
    this.#worker.postMessage(setup);
  }

  async open(): Promise<OpenedLog> {
    const { warnings, ...opened } = (await this.#call({ kind: "open" })) as FoundLog;
    this.#opened = true;
    for (const warning of warnings) this.#log.warn(warning);
    return opened;
  }

  append(entries: readonly Entry[], truncateFrom = 0): Promise<void> {
    const isLarge = needsRoom(entries);
    if (this.#batch === undefined || truncateFrom > 0 || this.#batch.needsRoom !== isLarge) {
      const gathering: Gathering = { entries: [], truncateFrom, needsRoom: isLarge };
      const done = this.#call({ kind: "gather", ...gathering, generation: this.#generation }) as Promise<void>;
      // Calling ends the batch before, and a dead or closed store begins none.
      if (this.#dead !== undefined || this.#closed) return done;
      this.#batch = { ...gathering, done };
    }
    const { entries: gathered, done } = this.#batch;
    gathered.push(...entries);
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

  reset(index: number, term: number, configuration: IndexedConfiguration): Promise<void> {
    return this.#call({ kind: "reset", index, term, configuration }) as Promise<void>;
  }

  setClusterId(clusterId: string): Promise<void> {
    return this.#call({ kind: "setClusterId", clusterId }) as Promise<void>;
  }

  forceConfiguration(configuration: Configuration, clusterId: string): Promise<void> {
    return this.#call({ kind: "forceConfiguration", configuration, clusterId }) as Promise<void>;
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

  /**
   * All calls of one piece of work travel in one message, and while the thread works on one message the next one grows: a
   * message costs more than a small entry, and a larger group is one fsync. Whoever appends gathers entries before.
   */
  #call(call: Call): Promise<unknown> {
    if (this.#dead !== undefined) return Promise.reject(this.#dead);
    if (this.#closed) return Promise.reject(new Error("the log is closed"));
    const id = this.#nextId++;
    this.#batch = undefined;
    if (this.#outbox.length === 0 && !this.#isThreadBusy) queueMicrotask(() => this.#send());
    this.#outbox.push({ ...call, id });
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
  }

  #send(): void {
    if (this.#outbox.length === 0) return;
    const requests = this.#outbox.map((call) => this.#request(call));
    this.#outbox = [];
    this.#batch = undefined;
    this.#isThreadBusy = true;
    if (this.#dead === undefined && !this.#closed) this.#worker.postMessage(packRequests(requests));
  }

  #request(call: Call & { id: number }): LogRequest {
    if (call.kind !== "gather") return call;
    return { id: call.id, kind: "append", generation: call.generation, batch: packEntries(call) };
  }

  #settle(reply: LogReply): void {
    // Who appends from here on may have heard of a refusal; what was gathered before has not.
    if (reply.generation !== this.#generation) this.#batch = undefined;
    this.#generation = reply.generation;
    this.#isThreadBusy = false;
    this.#send();
    const failures = new Map(reply.failures.map((failure) => [failure.id, failure]));
    const values = new Map(reply.values.map(({ id, value }) => [id, value]));
    for (const [id, waiting] of this.#waiting) {
      if (id > reply.doneUpTo) break;
      this.#waiting.delete(id);
      const failure = failures.get(id);
      if (failure === undefined) waiting.resolve(values.get(id));
      else waiting.reject(errorOf(failure));
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

function errorOf({ damage, fatal, text }: LogFailure): Error {
  if (damage !== undefined) return new DamageError(damage.file, damage.what);
  return fatal ? new Error(text) : new Refusal(text);
}
