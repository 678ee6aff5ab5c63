import { Refusal } from "../lib/refusal.ts";
import type { IndexedConfiguration } from "../raft/configuration.ts";
import type { SnapshotMeta } from "../raft/core/messages.ts";
import type { ArchiveMembers, Entry, ExportOptions, RestoreOptions } from "../raft/types.ts";
import type { StateFiles } from "./state-jobs.ts";
import { startThread } from "./thread.ts";

/** A job of the keeper thread. */
export type KeeperJob =
  | { job: "checkpoint" | "truncateWal" | "installNewest" | "close" }
  | { job: "takeSnapshot"; configuration: IndexedConfiguration }
  | { job: "readSnapshot"; snapshotId: string; offset: number; bytesMax: number }
  | { job: "receiveSnapshot"; snapshot: SnapshotMeta; offset: number; data: Uint8Array }
  | { job: "finishSnapshot"; snapshot: SnapshotMeta }
  | { job: "exportArchive"; members: ArchiveMembers; options: ExportOptions }
  /** `archive` is the path of a file. */
  | { job: "checkArchive"; archive: string; options: RestoreOptions }
  | { job: "installStaged"; entry: Pick<Entry, "index" | "term" | "data"> };

/** A job as it travels. */
export type KeeperRequest = { id: number } & KeeperJob;

export type KeeperReply = { id: number; value: unknown } | { id: number; error: string; isRefusal: boolean };

/** This side of one keeper thread: jobs run in the order of the calls. */
export class KeeperThread {
  readonly #worker = startThread("state-keeper-thread.ts");
  readonly #waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  #nextId = 1;
  #dead: Error | undefined;
  #ended = false;

  /** `onFatal` is called when the thread dies before `end`; its jobs reject then. */
  constructor(files: StateFiles, onFatal: (reason: string) => void) {
    const fail = (reason: string) => {
      if (this.#ended || this.#dead !== undefined) return;
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

  get isBusy(): boolean {
    return this.#waiting.size > 0;
  }

  /** Rejects with a Refusal when what it was given is not fit, with an Error for what the machine refuses. */
  run(job: KeeperJob): Promise<unknown> {
    if (this.#dead !== undefined) return Promise.reject(this.#dead);
    const id = this.#nextId++;

    this.#worker.postMessage({ ...job, id } satisfies KeeperRequest);
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
  }

  /** Ends the thread after what it was given before. */
  async end(): Promise<void> {
    try {
      if (this.#dead === undefined) await this.run({ job: "close" });
    } finally {
      this.#ended = true;
      this.#worker.terminate();
    }
  }

  #settle(reply: KeeperReply): void {
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if ("value" in reply) waiting?.resolve(reply.value);
    else waiting?.reject(reply.isRefusal ? new Refusal(reply.error) : new Error(reply.error));
  }
}
