import { bootstrapEntries } from "../config/bootstrap-entries.ts";
import type { Config } from "../config/config.ts";
import type { IndexedAnswer } from "../lib/follow-index.ts";
import { systemClock as clock } from "../platform/clock.ts";
import { systemRandom as random } from "../platform/random.ts";
import type { Logger } from "../ports/logger.ts";
import { ConfigBootstrap } from "../server/config-bootstrap.ts";
import { ConfigReplication } from "../server/config-replication.ts";
import type { FindOwn } from "../server/config-replication-plan.ts";
import type { Propose } from "../server/propose.ts";
import type { LeaderDuty } from "../server/server.ts";
import { configEntry, configEntryKeys } from "../state/config-entries/queries.ts";
import type { StateDb } from "../state/db.ts";

/** `GET path` at a server of another datacenter. Rejects when none can be reached. */
export type AskOther = (datacenter: string, path: string, signal: AbortSignal) => Promise<IndexedAnswer>;

/** What a leader does for the config entries: in the primary datacenter those of its configuration, elsewhere a copy of all. */
export function configDuties(deps: {
  config: Config;
  db: StateDb;
  propose: Propose;
  askOther: AskOther;
  log: Logger;
}): LeaderDuty[] {
  const { config, db, propose, askOther, log } = deps;
  const { datacenter, primaryDatacenter: primary } = config;
  const common = { propose, clock, log };
  const find: FindOwn = (kind, name) => configEntry(db, kind, name);
  if (primary === datacenter) {
    return [new ConfigBootstrap({ ...common, entries: bootstrapEntries(config.configEntries.bootstrap), find })];
  }
  const ask = (path: string, signal: AbortSignal) => askOther(primary, path, signal);
  return [new ConfigReplication({ ...common, random, ask, find, keys: () => configEntryKeys(db) })];
}
