import { RaftCore } from "../../../src/raft/core/core.ts";
import type { Effect, Event, Limits, Timing } from "../../../src/raft/core/types.ts";
import { Disk, type Persist } from "./disk.ts";

export type SnapshotJob = Extract<Effect, { type: "readSnapshot" | "writeChunk" | "installSnapshot" }>;
export type ReadJob = Extract<Effect, { type: "readEntries" }>;

interface Append {
  readonly effect: Persist;
  isRefused: boolean;
}

/** A server: the core, its disk, and jobs that its threads have not done yet. */
export class ScenarioNode {
  readonly id: string;
  readonly disk = new Disk();
  /** Writes of log and hard state under way, oldest first. */
  appends: Append[] = [];
  reads: ReadJob[] = [];
  snapshots: SnapshotJob[] = [];
  /** Undefined after a crash. */
  core: RaftCore | undefined;
  /** Last index that the core has said is committed, in this life. */
  commitIndex = 0;
  isDiskFull = false;
  /** Writes begin and don't end. */
  isDiskStalled = false;
  /** What `random()` gives: the election timeout is (1 + this) times the timeout. */
  chance: number;
  #received: Uint8Array = new Uint8Array();

  constructor(id: string, chance: number) {
    this.id = id;
    this.chance = chance;
  }

  /** Starts from the disk. `applied` is what the state says is applied. */
  start(timing: Timing, limits: Limits, nowMs: number, applied: number): void {
    const start = this.disk.start(this.id, applied);
    this.core = new RaftCore({ start, timing, limits, random: () => this.chance, nowMs });
    this.commitIndex = start.commitIndex;
  }

  /** What is not on the disk is gone; the first `kept` writes under way had reached it, though nobody was told. */
  crash(kept: number): void {
    for (const { effect } of this.appends.slice(0, kept)) this.disk.write(effect);
    this.core = undefined;
    this.appends = [];
    this.reads = [];
    this.snapshots = [];
    this.#received = new Uint8Array();
  }

  /** Does the oldest write under way; the event that says so. */
  finishAppend(): Event | undefined {
    if (this.isDiskStalled) return undefined;
    const write = this.appends.shift();
    if (write === undefined) return undefined;
    const { effect } = write;
    const isRefused = write.isRefused || (this.isDiskFull && effect.append !== undefined);
    this.disk.write(isRefused ? { hardState: effect.hardState, append: undefined } : effect);
    if (!isRefused) return { type: "persisted", id: effect.id };
    // Whatever was called before its caller heard of the refusal shares it.
    for (const other of this.appends) if (other.effect.append !== undefined) other.isRefused = true;
    return { type: "appendRefused", id: effect.id };
  }

  finishRead(): Event | undefined {
    const job = this.reads.shift();
    if (job === undefined) return undefined;
    const found = this.disk.read(job.from, job.entriesMax);
    return {
      type: "entriesRead",
      to: job.to,
      from: job.from,
      entries: found[0]?.index === job.from ? found : undefined,
    };
  }

  finishSnapshotJob(): Event | undefined {
    const [job] = this.snapshots;
    // The log is reset after the writes that were called before.
    if (job === undefined || (job.type === "installSnapshot" && this.appends.length > 0)) return undefined;
    this.snapshots.shift();
    switch (job.type) {
      case "readSnapshot": {
        const { to, offset, index, bytesMax } = job;
        const stored = this.disk.snapshot;
        const isThere = stored !== undefined && (index === undefined || stored.meta.index === index);
        const chunk = isThere
          ? { snapshot: stored.meta, data: stored.data.slice(offset, offset + bytesMax) }
          : undefined;
        return { type: "snapshotRead", to, offset, chunk };
      }
      case "writeChunk": {
        const { snapshot, offset, data } = job;
        const ok = !this.isDiskFull && offset <= this.#received.length;
        if (ok) this.#received = Uint8Array.from([...this.#received.slice(0, offset), ...data]);
        return { type: "chunkWritten", snapshot, nextOffset: offset + data.length, ok };
      }
      case "installSnapshot":
        return {
          type: "snapshotInstalled",
          snapshot: job.snapshot,
          ok: this.disk.install(job.snapshot, this.#received),
        };
    }
  }

  /** Flips a bit of what was received of a snapshot. */
  damageReceived(): void {
    if (this.#received[0] === undefined) throw new Error("nothing was received");
    this.#received[0] ^= 1;
  }
}
