import { assert } from "../lib/assert.ts";
import { Refusal } from "../lib/refusal.ts";
import type { SnapshotInfo, StateKeeper } from "../raft/types.ts";
import type { StateFiles } from "./state-jobs.ts";
import { startThread } from "./thread.ts";

type PlainJob =
  | "walBytesToMove"
  | "checkpoint"
  | "truncateWal"
  | "takeSnapshot"
  | "exportArchive"
  | "installNewest"
  | "close";

/** A job of the keeper thread, as it travels. */
export type KeeperRequest = { id: number } & (
  | { job: PlainJob }
  | { job: "importArchive"; archive: Uint8Array; lastIndex: number; term: number }
);

export type KeeperReply = { id: number; value: unknown } | { id: number; error: string; isRefusal: boolean };

type Job = KeeperRequest extends infer R ? (R extends { id: number } ? Omit<R, "id"> : never) : never;

/**
 * Starts the thread that checkpoints and copies the open `state.db`. `onFatal` is called when the thread dies. Jobs that
 * fail reject; the log is the truth, so none of them is fatal.
 */
export function startStateKeeper(
  files: StateFiles,
  snapshots: readonly SnapshotInfo[],
  onFatal: (reason: string) => void,
): StateKeeper {
  return new ThreadStateKeeper(files, snapshots, onFatal);
}

class ThreadStateKeeper implements StateKeeper {
  readonly #worker = startThread("state-keeper-thread.ts");
  readonly #waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  #nextId = 1;
  #dead: Error | undefined;
  #closed = false;
  snapshots: readonly SnapshotInfo[];

  constructor(files: StateFiles, snapshots: readonly SnapshotInfo[], onFatal: (reason: string) => void) {
    this.snapshots = snapshots;
    const fail = (reason: string) => {
      if (this.#closed || this.#dead !== undefined) return;
      this.#dead = new Error(reason);
      for (const { reject } of this.#waiting.values()) reject(this.#dead);
      this.#waiting.clear();
      onFatal(reason);
    };
    this.#worker.onmessage = ({ data }: MessageEvent<KeeperReply>) => this.#settle(data);
    this.#worker.onerror = (event) => fail(`the state-keeper thread failed: ${event.message}`);
    this.#worker.addEventListener("close", () => fail("the state-keeper thread ended"));
    this.#worker.postMessage(files);
  }

  walBytesToMove(): Promise<number> {
    return this.#run({ job: "walBytesToMove" }) as Promise<number>;
  }

  checkpoint(): Promise<number> {
    return this.#run({ job: "checkpoint" }) as Promise<number>;
  }

  truncateWal(): Promise<void> {
    return this.#run({ job: "truncateWal" }) as Promise<void>;
  }

  exportArchive(): Promise<Uint8Array> {
    return this.#run({ job: "exportArchive" }) as Promise<Uint8Array>;
  }

  installNewest(): Promise<void> {
    return this.#run({ job: "installNewest" }) as Promise<void>;
  }

  takeSnapshot(): Promise<SnapshotInfo> {
    return this.#newest({ job: "takeSnapshot" });
  }

  importArchive(archive: Uint8Array, lastIndex: number, term: number): Promise<SnapshotInfo> {
    return this.#newest({ job: "importArchive", archive, lastIndex, term });
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    try {
      if (this.#dead === undefined) await this.#run({ job: "close" });
    } finally {
      this.#closed = true;
      this.#worker.terminate();
    }
  }

  async #newest(job: Job): Promise<SnapshotInfo> {
    this.snapshots = (await this.#run(job)) as SnapshotInfo[];
    const newest = this.snapshots[0];
    assert(newest !== undefined, "a snapshot was made");
    return newest;
  }

  #run(job: Job): Promise<unknown> {
    if (this.#dead !== undefined) return Promise.reject(this.#dead);
    if (this.#closed) return Promise.reject(new Error("the state keeper is closed"));
    const id = this.#nextId++;
    this.#worker.postMessage({ ...job, id });
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
  }

  #settle(reply: KeeperReply): void {
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if ("value" in reply) waiting?.resolve(reply.value);
    else waiting?.reject(reply.isRefusal ? new Refusal(reply.error) : new Error(reply.error));
  }
}
