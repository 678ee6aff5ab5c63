import { Refusal } from "../lib/refusal.ts";
import type { Clock } from "../ports/clock.ts";
import type { Logger } from "../ports/logger.ts";
import type { RaftNode } from "../raft/node.ts";
import type { ArchiveFile, RestoreOptions, RestoreReport } from "../raft/types.ts";
import { warningsOf } from "../state/kept-records/warnings.ts";
import type { Part, Uploads } from "./uploads.ts";

/** One call waits this long for a restore, which may take longer than calls may. */
const WAIT_MS = 10_000;
/** Results that nobody asked for any more; the oldest goes. */
const RESULTS_MAX = 8;

export interface RestoresDeps {
  raft: Pick<RaftNode, "restoreSnapshot">;
  uploads: Uploads;
  clock: Clock;
  log: Pick<Logger, "warn">;
}

/** The leader's part in restores, its own and those that other servers were asked for. */
export class Restores {
  readonly #deps: RestoresDeps;
  readonly #results = new Map<string, Promise<RestoreReport>>();

  constructor(deps: RestoresDeps) {
    this.#deps = deps;
  }

  /** Replaces the whole state by the archive, which is removed. */
  async restore(archive: ArchiveFile, options: RestoreOptions): Promise<RestoreReport> {
    try {
      const report = await this.#deps.raft.restoreSnapshot(archive, options);
      for (const warning of warningsOf(report.kept)) this.#deps.log.warn(warning);
      return report;
    } finally {
      await archive.remove();
    }
  }

  /** A part of another server's archive; the last one begins the restore. */
  async take(part: Part, options: RestoreOptions): Promise<void> {
    const archive = await this.#deps.uploads.take(part);
    if (archive === undefined) return;
    const result = this.restore(archive, options);
    // Whoever asks for it hears of it.
    result.catch(() => undefined);
    this.#results.set(part.id, result);
    for (const id of this.#results.keys()) if (this.#results.size > RESULTS_MAX) this.#results.delete(id);
  }

  /** What became of the restore `id`; null when it is still under way after a while. */
  async result(id: string): Promise<RestoreReport | null> {
    const result = this.#results.get(id);
    if (result === undefined) {
      throw new Refusal("the leader changed during the restore: look at the state whether it was done", 500, "unknown");
    }
    const late = Promise.withResolvers<null>();
    const timer = this.#deps.clock.after(WAIT_MS, () => late.resolve(null));
    let isOver = true;
    try {
      const report = await Promise.race([result, late.promise]);
      isOver = report !== null;
      return report;
    } finally {
      timer.cancel();
      if (isOver) this.#results.delete(id);
    }
  }
}
