import { statfsSync } from "node:fs";
import { join } from "node:path";
import { type DirLock, lockDir, makeSubdir } from "./dir-lock.ts";
import { DamageError, errorText, isDiskFull, noSpace } from "./failure.ts";
import { LogFile } from "./log-file.ts";
import { type FoundLog, type LogReply, type LogRequest, type LogWriterSetup, unpackEntries } from "./log-protocol.ts";
import { RESERVE_FILE, SpaceReserve } from "./space-reserve.ts";

const RESERVE_CHECK_MS = 2_000;

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
  #reserve: SpaceReserve | undefined;
  #generation = 0;
  #dead = "";
  #reserveTimer: ReturnType<typeof setTimeout> | undefined;

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
      const damage = error instanceof DamageError ? { damage: { file: error.file, what: error.what } } : {};
      for (const { id } of group) reply.failures.push({ id, text, fatal, ...damage });
    }
    return end;
  }

  /**
   * With one that is refused go all behind it, and all that are called before its caller can have heard of it. Short
   * space refuses commands only, so that a cluster with full disks keeps a leader who can say so.
   */
  #append(group: readonly Append[], reply: LogReply): void {
    const current = group.filter(({ generation }) => generation === this.#generation);
    const beforeCommands = current.findIndex(({ batch }) => batch.needsRoom);
    const small = beforeCommands < 0 ? current : current.slice(0, beforeCommands);
    let stored: readonly Append[] = this.#hasSpace() ? current : small;
    if (stored.length > small.length && !this.#stores(stored)) stored = small;
    if (stored.length === small.length && !this.#storesUrgently(small)) stored = [];
    if (stored.length === group.length) return;
    if (stored.length < current.length) this.#generation++;
    const { message: text } = noSpace(this.#setup.dir);
    const isStored = new Set(stored);
    for (const request of group) {
      if (!isStored.has(request)) reply.failures.push({ id: request.id, text, fatal: false });
    }
  }

  #stores(group: readonly Append[]): boolean {
    const file = this.#opened();
    try {
      file.transact(() => {
        for (const { batch } of group) {
          if (batch.truncateFrom > 0) file.truncate(batch.truncateFrom);
          file.append(unpackEntries(batch));
        }
      });
      return true;
    } catch (error) {
      if (!isDiskFull(error)) throw error;
      return false;
    }
  }

  #storesUrgently(group: readonly Append[]): boolean {
    if (group.length === 0) return true;
    return this.#stores(group) || (this.#releasesReserve() && this.#stores(group));
  }

  /** A transaction that a full disk must not refuse. */
  #transactUrgently(write: (file: LogFile) => void): void {
    const file = this.#opened();
    try {
      file.transact(() => write(file));
    } catch (error) {
      if (!isDiskFull(error) || !this.#releasesReserve()) throw error;
      file.transact(() => write(file));
    }
  }

  #releasesReserve(): boolean {
    return this.#reserve?.release() === true;
  }

  /** At each group, which costs microseconds: some 100 ms of large writes can use up all that is kept free. */
  #hasSpace(): boolean {
    const { bavail, bsize } = statfsSync(this.#setup.dir);
    return bavail * bsize >= this.#setup.freeBytesMin;
  }

  /** Not at once: a start has other things to do first. Then now and again, for as long as there is no room for it. */
  #holdReserve(): void {
    this.#reserveTimer = setTimeout(() => {
      if (this.#dead !== "") return;
      try {
        this.#reserve?.hold(this.#setup.freeBytesMin);
      } catch (error) {
        this.#die(errorText(error));
      }
      this.#holdReserve();
    }, RESERVE_CHECK_MS);
    this.#reserveTimer.unref();
  }

  #run(request: Exclude<LogRequest, Append>, reply: LogReply): void {
    switch (request.kind) {
      case "open":
        reply.values.push({ id: request.id, value: this.#open() });
        break;
      case "read":
        reply.values.push({ id: request.id, value: this.#opened().read(request.from, request.to, request.bytesMax) });
        break;
      case "hardState":
        this.#transactUrgently((file) => file.setHardState(request.state));
        break;
      case "setClusterId":
        this.#transactUrgently((file) => file.setClusterId(request.clusterId));
        break;
      case "forceConfiguration":
        this.#transactUrgently((file) => {
          file.forceConfiguration(request.configuration);
          file.setClusterId(request.clusterId);
        });
        break;
      case "compact":
        this.#compactTo = Math.max(this.#compactTo, request.index);
        break;
      case "reset":
        this.#compactTo = 0;
        this.#transactUrgently((file) => file.reset(request.index, request.term, request.configuration));
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

  #open(): FoundLog {
    try {
      this.#lock ??= lockDir(this.#setup.dir);
      this.#file ??= this.#openFile();
    } catch (error) {
      // Whoever sets the damaged files aside needs the directory for itself.
      this.#close();
      throw error;
    }
    const { hardState, clusterId, warnings, outline } = this.#file;
    const { bounds, termStarts, configurations, isForced } = outline;
    return { hardState, bounds, termStarts, configurations, isForced, clusterId, warnings: [...warnings] };
  }

  #openFile(): LogFile {
    const dir = makeSubdir(this.#setup.dir, "raft");
    const file = new LogFile(dir);
    this.#reserve = new SpaceReserve(join(dir, RESERVE_FILE), file);
    this.#holdReserve();
    return file;
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
        reached = file.compact(this.#compactTo);
      });
      if (reached < this.#compactTo) {
        this.#schedule();
        return;
      }
      this.#compactTo = 0;
      file.shrink();
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
    clearTimeout(this.#reserveTimer);
    this.#reserve = undefined;
    this.#file?.close();
    this.#file = undefined;
    this.#lock?.release();
    this.#lock = undefined;
  }
}
