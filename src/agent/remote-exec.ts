import { z } from "zod";
import { nsToMs } from "../model/go-decode.ts";
import type { Clock, Timer } from "../ports/clock.ts";
import type { Logger } from "../ports/logger.ts";
import type { ProcessRunner } from "../ports/process.ts";

/** Name of the user event; it is for agents alone and is in no list of events. */
export const REMOTE_EXEC_EVENT = "_rexec";

/** Consul's: output goes out when there is so much of it, or when nothing came for so long. */
const CHUNK_BYTES_MAX = 4096;
const CHUNK_IDLE_MS = 200;
/** More is not written, so that no program fills the store of all. */
const OUTPUT_BYTES_MAX = 1024 * 1024;
const RUNNING_MAX = 8;
const RUN_MS_MAX = 24 * 3600 * 1000;
const WAIT_MS_MIN = 500;
const WAIT_MS_DEFAULT = 2000;
/** What a shell says of a program that it can't start. */
const NOT_STARTED_CODE = 127;
const KILLED_CODE = -1;

const eventSchema = z.object({ Prefix: z.string().max(512), Session: z.guid() });
const jobSchema = z.object({
  Command: z.string().default(""),
  Args: z.array(z.string()).nullish(),
  /** Base64. */
  Script: z.string().nullish(),
  /** Nanoseconds. */
  Wait: z.number().default(0),
});
type Job = z.infer<typeof jobSchema>;

export interface RemoteExecDeps {
  readonly nodeName: () => string;
  /** The value of a key; undefined when there is none. */
  get(key: string): Promise<Uint8Array | undefined>;
  /** Writes a key that goes with the session; false when the session is gone. */
  put(key: string, value: Uint8Array, session: string): Promise<boolean>;
  readonly processes: ProcessRunner;
  /** Keeps a script where it can be executed by this user alone; `remove` takes it away. */
  keepScript(bytes: Uint8Array): Promise<{ path: string; remove(): Promise<void> }>;
  /** The environment's `SHELL`. */
  readonly shell: string;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * Runs what `exec` asks this node to run (observed, Consul 1.8.7): the event names a session and a prefix of keys; the
 * order is under `job`, and this node answers under its own name with `ack`, `out/00000` and on, and `exit`. All of it
 * goes with the session of who asked.
 */
export class RemoteExec {
  readonly #deps: RemoteExecDeps;
  readonly #closing = new AbortController();
  #running = 0;

  constructor(deps: RemoteExecDeps) {
    this.#deps = deps;
  }

  /** Ends the programs that run. */
  close(): void {
    this.#closing.abort();
  }

  /** Takes the payload of an event; whatever becomes of it, it does not reject. */
  async onEvent(payload: Uint8Array | null): Promise<void> {
    const { log } = this.#deps;
    try {
      const { Prefix, Session } = eventSchema.parse(JSON.parse(new TextDecoder().decode(payload ?? new Uint8Array())));
      if (this.#running >= RUNNING_MAX) {
        log.warn("remote exec: too many programs run already, this one is left out", { running: this.#running });
        return;
      }
      this.#running++;
      try {
        // As Go's path.Join: no empty parts.
        await this.#run([...Prefix.split("/"), Session].filter(Boolean).join("/"), Session);
      } finally {
        this.#running--;
      }
    } catch (error) {
      log.error("remote exec: not done", { error: error instanceof Error ? error.message : String(error) });
    }
  }

  async #run(prefix: string, session: string): Promise<void> {
    const { get, put, nodeName, log } = this.#deps;
    const bytes = await get(`${prefix}/job`);
    if (bytes === undefined) throw new Error(`there is no job under ${prefix}`);
    const job = jobSchema.parse(JSON.parse(new TextDecoder().decode(bytes)));
    const own = `${prefix}/${nodeName()}`;
    if (!(await put(`${own}/ack`, NO_BYTES, session))) throw new Error("could not acknowledge: the session is gone");
    log.info("remote exec: runs a program", { session });
    const code = await this.#execute(job, (number, chunk) =>
      put(`${own}/out/${number.toString(16).padStart(5, "0")}`, chunk, session),
    );
    await put(`${own}/exit`, new TextEncoder().encode(String(code)), session);
  }

  /** Resolves with the exit code. `write` says false when nobody wants the output any more: then the program is ended. */
  async #execute(job: Job, write: (number: number, chunk: Uint8Array) => Promise<boolean>): Promise<number> {
    const { processes, clock } = this.#deps;
    const controller = new AbortController();
    const output = new Chunks({
      clock,
      waitMs: job.Wait > 0 ? Math.max(WAIT_MS_MIN, nsToMs(job.Wait)) : WAIT_MS_DEFAULT,
      write,
      onUnwanted: () => controller.abort(),
    });
    const { command, done } = await this.#commandOf(job);
    try {
      const onOutput = (chunk: Uint8Array) => output.add(chunk);
      const signal = AbortSignal.any([controller.signal, this.#closing.signal]);
      const { exitCode } = await processes.run({ command, timeoutMs: RUN_MS_MAX, onOutput }, signal);
      return exitCode ?? KILLED_CODE;
    } catch (error) {
      output.add(new TextEncoder().encode(`${error instanceof Error ? error.message : String(error)}\n`));
      return NOT_STARTED_CODE;
    } finally {
      await output.end();
      await done();
    }
  }

  async #commandOf({ Command, Args, Script }: Job): Promise<{ command: string[]; done: () => Promise<void> }> {
    const nothing = () => Promise.resolve();
    if (Script) {
      const { path, remove } = await this.#deps.keepScript(new Uint8Array(Buffer.from(Script, "base64")));
      return { command: [path], done: remove };
    }
    if (Args && Args.length > 0) return { command: Args, done: nothing };
    return { command: [this.#deps.shell || "/bin/sh", "-c", Command], done: nothing };
  }
}

const NO_BYTES = new Uint8Array();

interface ChunksOptions {
  readonly clock: Clock;
  /** After this without output an empty chunk is written, so that who asked sees that the program still runs. */
  readonly waitMs: number;
  write(number: number, chunk: Uint8Array): Promise<boolean>;
  onUnwanted(): void;
}

/** Output, put together to chunks and written one after the other. */
class Chunks {
  readonly #options: ChunksOptions;
  #pending: Uint8Array[] = [];
  #pendingBytes = 0;
  #totalBytes = 0;
  #number = 0;
  #timer: Timer | undefined;
  #writing: Promise<void> = Promise.resolve();
  #isUnwanted = false;

  constructor(options: ChunksOptions) {
    this.#options = options;
    this.#beat();
  }

  add(chunk: Uint8Array): void {
    const kept = chunk.slice(0, OUTPUT_BYTES_MAX - this.#totalBytes);
    if (kept.length === 0) return;
    this.#totalBytes += kept.length;
    this.#pending.push(kept);
    this.#pendingBytes += kept.length;
    if (this.#pendingBytes >= CHUNK_BYTES_MAX) {
      this.#flush();
      return;
    }
    this.#timer?.cancel();
    this.#timer = this.#options.clock.after(CHUNK_IDLE_MS, () => this.#flush());
  }

  /** Resolves when all is written. */
  async end(): Promise<void> {
    if (this.#pendingBytes > 0) this.#flush();
    this.#timer?.cancel();
    await this.#writing;
  }

  #flush(): void {
    const chunk = Buffer.concat(this.#pending);
    this.#pending = [];
    this.#pendingBytes = 0;
    this.#write(chunk);
    this.#beat();
  }

  #beat(): void {
    this.#timer?.cancel();
    if (this.#isUnwanted) return;
    this.#timer = this.#options.clock.after(this.#options.waitMs, () => {
      this.#write(NO_BYTES);
      this.#beat();
    });
  }

  #write(chunk: Uint8Array): void {
    const number = this.#number++;
    this.#writing = this.#writing.then(async () => {
      if (this.#isUnwanted || (await this.#options.write(number, chunk).catch(() => false))) return;
      this.#isUnwanted = true;
      this.#timer?.cancel();
      this.#options.onUnwanted();
    });
  }
}
