import { type AutopilotCommand, applyAutopilot } from "./autopilot/commands.ts";
import { AUTOPILOT_SCHEMA } from "./autopilot/tables.ts";
import { applyCatalog, type CatalogCommand } from "./catalog/commands.ts";
import { CATALOG_SCHEMA } from "./catalog/tables.ts";
import type { Change } from "./change.ts";
import { applyConfigEntry, type ConfigEntryCommand } from "./config-entries/commands.ts";
import { CONFIG_ENTRY_SCHEMA } from "./config-entries/tables.ts";
import { applyCoordinate, type CoordinateCommand } from "./coordinates/commands.ts";
import { applyDeregistration, type DeregistrationCommand } from "./deregistrations/commands.ts";
import { DEREGISTRATION_SCHEMA } from "./deregistrations/tables.ts";
import { applyFederationState, type FederationStateCommand } from "./federation-states/commands.ts";
import { FEDERATION_STATE_SCHEMA } from "./federation-states/tables.ts";
import { KEPT_RECORD_SCHEMA } from "./kept-records/tables.ts";
import { applyKv, type KvCommand } from "./kv/commands.ts";
import { KV_SCHEMA } from "./kv/tables.ts";
import { applyQuery, type QueryCommand } from "./queries/commands.ts";
import { QUERY_SCHEMA } from "./queries/tables.ts";
import { applyRestore, type RestoreCommand } from "./restore/commands.ts";
import { RESTORE_SCHEMA } from "./restore/tables.ts";
import { applySession, type SessionCommand } from "./sessions/commands.ts";
import { SESSION_SCHEMA } from "./sessions/tables.ts";
import { applyTxn, type TxnCommand } from "./txn/commands.ts";

/** Everything that changes the replicated state. The part before the dot is the noun that applies it. */
export type Command =
  | AutopilotCommand
  | CatalogCommand
  | ConfigEntryCommand
  | CoordinateCommand
  | DeregistrationCommand
  | FederationStateCommand
  | KvCommand
  | QueryCommand
  | RestoreCommand
  | SessionCommand
  | TxnCommand;

export function applyCommand(change: Change, command: Command): unknown {
  const noun = command.type.slice(0, command.type.indexOf("."));
  switch (noun) {
    case "autopilot":
      return applyAutopilot(change, command as AutopilotCommand);
    case "catalog":
      return applyCatalog(change, command as CatalogCommand);
    case "config-entry":
      return applyConfigEntry(change, command as ConfigEntryCommand);
    case "coordinate":
      return applyCoordinate(change, command as CoordinateCommand);
    case "deregistration":
      return applyDeregistration(change, command as DeregistrationCommand);
    case "federation-state":
      return applyFederationState(change, command as FederationStateCommand);
    case "kv":
      return applyKv(change, command as KvCommand);
    case "query":
      return applyQuery(change, command as QueryCommand);
    case "restore":
      return applyRestore(change, command as RestoreCommand);
    case "session":
      return applySession(change, command as SessionCommand);
    case "txn":
      return applyTxn(change, command as TxnCommand);
    default:
      throw new Error(`the log has a command of an unknown kind: ${command.type}`);
  }
}

const APPLIED_SCHEMA = [
  "CREATE TABLE applied (idx INTEGER NOT NULL, term INTEGER NOT NULL)",
  "INSERT INTO applied VALUES (0, 0)",
];

/**
 * Steps of `migrate`, oldest first. They add tables, and columns with defaults: an archive or a snapshot of an older
 * format is taken in table by table and column by column (`storage/state-work.ts`), and no step runs on its rows.
 */
export const STATE_SCHEMA: readonly (readonly string[])[] = [
  [...APPLIED_SCHEMA, ...CATALOG_SCHEMA, ...KV_SCHEMA, ...SESSION_SCHEMA],
  // `offset`: see `Machine.stateIndex`.
  ["ALTER TABLE applied ADD COLUMN offset INTEGER NOT NULL DEFAULT 0", ...RESTORE_SCHEMA],
  AUTOPILOT_SCHEMA,
  DEREGISTRATION_SCHEMA,
  QUERY_SCHEMA,
  CONFIG_ENTRY_SCHEMA,
  KEPT_RECORD_SCHEMA,
  FEDERATION_STATE_SCHEMA,
];
