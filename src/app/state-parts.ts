import type { Config } from "../config/config.ts";
import { systemClock as clock } from "../platform/clock.ts";
import type { Logger } from "../ports/logger.ts";
import type { LogStore, StateKeeper } from "../raft/types.ts";
import { STATE_SCHEMA } from "../state/commands.ts";
import type { StateDb } from "../state/db.ts";
import { serveKept } from "../state/kept-records/serve.ts";
import { Machine } from "../state/machine.ts";
import { migrate } from "../state/migrate.ts";
import { Publisher } from "../state/publisher.ts";
import { RecentChanges } from "../state/recent-changes.ts";
import { RECORD_KINDS } from "../state/records/table.ts";
import { openMemoryStorage, openStorage } from "../storage/open.ts";
import type { OpenParts } from "./open-parts.ts";

/** The log, and the state that it makes. */
export interface StateParts {
  readonly store: LogStore;
  readonly keeper: StateKeeper;
  readonly db: StateDb;
  readonly machine: Machine;
  readonly publisher: Publisher;
  readonly recent: RecentChanges;
}

/** Opens the data directory, or memory with `-dev`. Rejects with a text for the operator. */
export async function openState(
  { dev, dataDir }: Pick<Config, "dev" | "dataDir">,
  log: Logger,
  onFatal: (reason: string) => void,
  parts: OpenParts,
): Promise<StateParts> {
  const storage = dev ? openMemoryStorage() : await openStorage({ dir: dataDir, log, onFatal });
  parts.add(() => storage.close());
  const { db, store, keeper } = storage;
  migrate(db, STATE_SCHEMA);
  db.$client.transaction(() => serveKept(db.$client, RECORD_KINDS))();
  const publisher = new Publisher();
  const machine = new Machine({ db, publisher, clock, onFatal });
  return { store, keeper, db, machine, publisher, recent: new RecentChanges(publisher) };
}
