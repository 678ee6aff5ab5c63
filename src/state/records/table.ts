import { autopilotRecords } from "../autopilot/records.ts";
import { registerRecords } from "../catalog/records.ts";
import { configEntryRecords } from "../config-entries/records.ts";
import { coordinateRecords } from "../coordinates/records.ts";
import { federationStateRecords } from "../federation-states/records.ts";
import { indexRecords } from "../indexes/records.ts";
import { keptRecords } from "../kept-records/records.ts";
import { kvRecords, tombstoneRecords } from "../kv/records.ts";
import { queryRecords } from "../queries/records.ts";
import { sessionRecords } from "../sessions/records.ts";
import type { RecordKind } from "./kind.ts";
import { ownRowRecords } from "./own-rows.ts";

/**
 * All kinds of records that are read and written, in the order in which Consul 1.8 writes them, with those of later versions where
 * these have them. Kept are the types that are not served yet. A noun that is to be in its
 * snapshots adds its line here, and its tables are then no more among those of `ownRowRecords`.
 */
export const RECORD_KINDS: readonly RecordKind<unknown>[] = [
  keptRecords(32),
  keptRecords(33),
  registerRecords,
  coordinateRecords,
  sessionRecords,
  keptRecords(4),
  keptRecords(11),
  keptRecords(17),
  keptRecords(19),
  keptRecords(23),
  keptRecords(25),
  keptRecords(27),
  kvRecords,
  tombstoneRecords,
  queryRecords,
  autopilotRecords,
  keptRecords(12),
  keptRecords(13),
  keptRecords(14),
  keptRecords(15),
  configEntryRecords,
  federationStateRecords,
  keptRecords(31),
  indexRecords,
  keptRecords(35),
  keptRecords(38),
  keptRecords(40),
  keptRecords(42),
  ownRowRecords(() => RECORD_KINDS.flatMap(({ tables }) => tables)),
];
