import { statfsSync } from "node:fs";
import type { Entry } from "../raft/types.ts";
import { type DirLock, lockDir, makeSubdir } from "./dir-lock.ts";
import { errorText, isDiskFull, noSpace } from "./failure.ts";
import { LogFile } from "./log-file.ts";
import { type LogReply, type LogRequest, type LogWriterSetup, type OpenedLog, unpackEntries } from "./log-protocol.ts";

/** Rows deleted in one transaction of a compaction, so that appends wait a few milliseconds at most. */
const COMPACT_ROWS_MAX = 500;

type Append = LogRequest & { kind: "append" };

/**
 * The log-writer thread: executes the calls of the log store in order. All appends that arrived while the last fsync
 * ran become one transaction, so a slow disk costs each writer two fsyncs at most, however many they are.
 */
export class GroupWriter {
  readonly #setup: LogWriterSetup;
  readonly #reply: (reply: LogReply) => void;
  #queue: LogRequest[] = [];
  #compactTo = 0;
  #scheduled = false;
  #lock: DirLock | undefined;
  #file: LogFile | undefined;
  #generation = 0;
  #dead = "";
  #spaceLeft = true;

  constructor(setup: LogWriterSetup, reply: (reply: LogReply) => void) {
    this.#setup = setup;
    this.#reply = reply;
  }

  /** Takes calls; they run when the messages that already wait for this thread have been taken too. */
  take(requests: readonly LogRequest[]): void {
    this.#queue.push(...requests);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#runGroup();
    });
  }

  #runGroup(): void {
    const requests = this.#queue;
    this.#queue = [];
    if (requests.length > 0) {
      const reply: LogReply = { doneUpTo: 0, failures: [], values: [], generation: 0 };
      for (let at = 0; at < requests.length; ) at = this.#runFrom(requests, at, reply);
      reply.generation = this.#generation;
      this.#reply(reply);
    }
    this.#maintain();
  }

  /** Runs the call at `at`, or all appends from there on as one; returns where the next one is. */
  #runFrom(requests: readonly LogRequest[], at: number, reply: LogReply): number {
    const request = requests[at];
    if (request === undefined) return at + 1;
    let end = at + 1;
    if (request.kind === "append") {
      while (requests[end]?.kind === "append") end++;
    }
    const group = requests.slice(at, end);
    reply.doneUpTo = group.at(-1)?.id ?? 0;
    try {
      if (this.#dead !== "") throw new Error(this.#dead);
      if (request.kind === "append") this.#append(group as Append[], reply);
      else this.#run(request, reply);
    } catch (error) {
      // SQLite has rolled back: with a full disk nothing happened, and calls that need room can be tried again.
      const fatal = this.#dead !== "" || !isDiskFull(error);
      const text = fatal ? this.#dead || errorText(error) : noSpace(this.#setup.dir).message;
      if (fatal) this.#dead = text;
      for (const { id } of group) reply.failures.push({ id, text, fatal });
    }
    return end;
  }

  #append(group: readonly Append[], reply: LogReply): void {
    const file = this.#opened();
    const current = group.filter((request) => request.generation === this.#generation);
    let refused = group.filter((request) => request.generation !== this.#generation);
    try {
      if (!this.#hasSpace()) throw noSpace(this.#setup.dir);
      file.transact(() => {
        for (const { batch } of current) file.append(unpackEntries(batch));
      });
    } catch (error) {
      if (this.#spaceLeft && !isDiskFull(error)) throw error;
      refused = [...group];
      if (current.length > 0) this.#generation++;
    }
    const { message: text } = noSpace(this.#setup.dir);
    for (const { id } of refused) reply.failures.push({ id, text, fatal: false });
  }

  /** At each group, which costs microseconds: some 100 ms of large writes can use up all that is kept free. */
  #hasSpace(): boolean {
    const { bavail, bsize } = statfsSync(this.#setup.dir);
    this.#spaceLeft = bavail * bsize >= this.#setup.freeBytesMin;
    return this.#spaceLeft;
  }

  #run(request: Exclude<LogRequest, Append>, reply: LogReply): void {
    switch (request.kind) {
      case "open":
        reply.values.push({ id: request.id, value: this.#open() });
        break;
      case "read":
        reply.values.push({ id: request.id, value: this.#read(request.from, request.to, request.bytesMax) });
        break;
      case "hardState":
        this.#opened().transact(() => this.#opened().setHardState(request.state));
        break;
      case "compact":
        this.#compactTo = Math.max(this.#compactTo, request.index);
        break;
      case "reset":
        this.#compactTo = 0;
        this.#opened().transact(() => this.#opened().reset(request.index, request.term));
        break;
      case "close":
        this.#close();
        break;
    }
  }

  #opened(): LogFile {
    if (this.#file === undefined) throw new Error("the log is not open");
    return this.#file;
  }

  #open(): OpenedLog {
    this.#lock ??= lockDir(this.#setup.dir);
    this.#file ??= new LogFile(makeSubdir(this.#setup.dir, "raft"));
    return { hardState: this.#file.hardState, bounds: this.#file.bounds, warnings: [...this.#file.warnings] };
  }

  #read(from: number, to: number, bytesMax: number): Entry[] {
    return this.#opened().read(from, to, bytesMax);
  }

  /** Between groups: a checkpoint when it is due, else one slice of a compaction. */
  #maintain(): void {
    const file = this.#file;
    if (file === undefined || this.#dead !== "") return;
    try {
      if (file.isCheckpointDue) file.checkpoint();
      if (this.#compactTo === 0) return;
      let reached = 0;
      file.transact(() => {
        reached = file.compact(this.#compactTo, COMPACT_ROWS_MAX);
      });
      if (reached >= this.#compactTo) this.#compactTo = 0;
      else this.#schedule();
    } catch (error) {
      // With a full disk the log only stays longer than it should; the next compaction deletes it.
      if (isDiskFull(error)) this.#compactTo = 0;
      else this.#die(errorText(error));
    }
  }

  /** Says so at once: nobody may be waiting for an answer. */
  #die(text: string): void {
    this.#dead = text;
    const failures = [{ id: 0, text, fatal: true }];
    this.#reply({ doneUpTo: 0, failures, values: [], generation: this.#generation });
  }

  #close(): void {
    this.#file?.close();
    this.#file = undefined;
    this.#lock?.release();
    this.#lock = undefined;
  }
}
