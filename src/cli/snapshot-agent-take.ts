import type { ApiContext } from "./context.ts";
import { errorText } from "./context.ts";
import type { AgentLog } from "./snapshot-agent-log.ts";
import type { SnapshotStore } from "./snapshot-agent-store.ts";
import { verifySnapshot } from "./snapshot-file.ts";

export interface Taking {
  readonly world: ApiContext;
  readonly store: SnapshotStore;
  /** How many to keep; 0 keeps all and asks for no names. */
  readonly retain: number;
  readonly log: AgentLog;
}

const NS_PER_MS = 1_000_000n;

/** Fetches, verifies and stores one snapshot, then removes those beyond `retain`; gives its id. Throws when none was stored. */
export async function takeSnapshot({ world, store, retain, log }: Taking, signal: AbortSignal): Promise<bigint> {
  const response = await world.api.send("GET", "/v1/snapshot", { signal });
  const archive = await response.bytes();
  const { Index } = verifySnapshot(archive);
  const kept = retain === 0 ? [] : await store.list();
  const id = nextId(world.clock.nowMs(), kept);
  await store.save(id, archive, signal);
  log.info(`Saved snapshot ${id}: ${store.nameOf(id)}, index ${Index}, ${archive.length} bytes`);
  if (retain > 0) await removeOld([...kept, id], { store, retain, log });
  return id;
}

/** The time, but after all that is kept: a clock that went back never makes the newest snapshot look the oldest. */
function nextId(nowMs: number, kept: readonly bigint[]): bigint {
  const now = BigInt(Math.floor(nowMs)) * NS_PER_MS;
  return kept.reduce((next, id) => (id >= next ? id + 1n : next), now);
}

/** What can't be removed is told and tried again after the next snapshot; the new one is there in any case. */
async function removeOld(ids: readonly bigint[], { store, retain, log }: Omit<Taking, "world">): Promise<void> {
  const newestFirst = ids.toSorted((a, b) => (a > b ? -1 : 1));
  for (const id of newestFirst.slice(retain)) {
    try {
      await store.remove(id);
      log.debug(`Removed snapshot ${id}`);
    } catch (error) {
      log.warn(`Old snapshot ${id} stays: ${errorText(error)}`);
    }
  }
}
