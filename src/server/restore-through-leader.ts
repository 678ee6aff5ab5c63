import type { RaftNode } from "../raft/node.ts";
import type { RestoreOptions, RestoreReport } from "../raft/types.ts";
import type { Forwarder } from "./forward.ts";
import type { LeaderMethods } from "./methods.ts";
import type { Restores } from "./restores.ts";
import { partsOf } from "./uploads.ts";

export interface ThroughLeaderDeps {
  raft: Pick<RaftNode, "isLeader" | "newArchive">;
  restores: Restores;
  forwarder: Pick<Forwarder<LeaderMethods>, "run">;
  /** A new id for each upload. */
  uuid: () => string;
}

/**
 * Restores an archive that comes from a caller: it goes to the disk first and then, at another server than the leader, to the leader
 * in parts. Rejects with a Refusal when it is not whole or can't be taken; then nothing has changed.
 */
export async function restoreThroughLeader(
  body: AsyncIterable<Uint8Array>,
  options: RestoreOptions,
  { raft, restores, forwarder, uuid }: ThroughLeaderDeps,
): Promise<RestoreReport> {
  const draft = await raft.newArchive();
  try {
    for await (const part of body) await draft.write(part);
    const archive = await draft.finish();
    if (raft.isLeader) return await restores.restore(archive, options);
    const id = uuid();
    try {
      for await (const part of partsOf(id, archive)) await forwarder.run("snapshot.restore", { ...part, ...options });
    } finally {
      await archive.remove();
    }
    for (;;) {
      const report = await forwarder.run("snapshot.restored", { id });
      if (report !== null) return report;
    }
  } finally {
    await draft.discard();
  }
}
