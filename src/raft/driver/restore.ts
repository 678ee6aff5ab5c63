import type { Draft } from "../core/types.ts";
import type { ArchiveFile, RestoreOptions, RestoreReport, StateKeeper } from "../types.ts";

/** Of the archive's parts that are proposed and not applied yet; the log takes other entries in between. */
const UNDER_WAY_BYTES_MAX = 2 * 1024 * 1024;

type Command = Pick<Draft, "data" | "command">;

/** An archive as the log takes it. */
export interface RestorePlan {
  /** Stage its parts on every server. */
  chunks: AsyncIterable<Command>;
  /** Data of the `restore` entry that follows them. */
  restore: string;
  /** Frees what was staged when it came to nothing. */
  abandon: Command;
}

export interface RestoreDeps {
  keeper: Pick<StateKeeper, "checkArchive">;
  planRestore(archive: ArchiveFile): RestorePlan;
  propose(draft: Draft): Promise<unknown>;
}

/**
 * Puts an archive into the log. Resolves when all state is that of the archive here, and is going to be so on every
 * server, with what is not served; rejects with the Refusal of whatever stood against it.
 */
export async function proposeRestore(
  given: ArchiveFile,
  options: RestoreOptions,
  deps: RestoreDeps,
): Promise<RestoreReport> {
  const { archive, leftOut, kept } = await deps.keeper.checkArchive(given, options);
  const { chunks, restore, abandon } = deps.planRestore(archive);
  try {
    await proposeChunks(chunks, deps);
    await deps.propose({ type: "restore", data: restore });
  } catch (error) {
    // A leader that is none any more can't; then the next restore frees it.
    deps.propose({ type: "command", ...abandon }).catch(() => undefined);
    throw error;
  } finally {
    if (archive !== given) await archive.remove();
  }
  return { leftOut, kept };
}

async function proposeChunks(chunks: AsyncIterable<Command>, { propose }: RestoreDeps): Promise<void> {
  let underWay: Promise<unknown>[] = [];
  let bytes = 0;
  for await (const chunk of chunks) {
    const proposed = propose({ type: "command", ...chunk });
    // Whoever waits for all of them hears of the first failure; the others are heard of too.
    proposed.catch(() => undefined);
    underWay.push(proposed);
    bytes += chunk.data.length;
    if (bytes < UNDER_WAY_BYTES_MAX) continue;
    await Promise.all(underWay);
    underWay = [];
    bytes = 0;
  }
  await Promise.all(underWay);
}
