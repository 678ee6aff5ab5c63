import { and, eq, sql } from "drizzle-orm";
import type { ConfigEntry, ConfigEntryKind } from "../../model/config-entry/config-entry.ts";
import type { Change } from "../change.ts";
import { prepared } from "../db.ts";
import { followLinks } from "../discovery-chain/links.ts";
import { validateInGraph } from "../discovery-chain/validate.ts";
import { followEntry } from "../gateway-services/commands.ts";
import { gatewayEntryOf } from "../gateway-services/links.ts";
import { bumpIndex } from "../indexes/commands.ts";
import { CONFIG_ENTRIES_INDEX, configEntry } from "./queries.ts";
import { configEntries } from "./tables.ts";
import { CONFIG_ENTRIES_TOPIC, configEntryTopic, configKindTopic, nameKeyOf } from "./topics.ts";

/**
 * `cas`: only while its ModifyIndex is that (0: while there is none). What a single entry may hold is the endpoint's to say; what
 * entries must be together is looked at here, since others may change before. `isCopy`: it is one of several changes that only all
 * together go with the others, as they do where they come from.
 */
export type ConfigEntryCommand = (
  | { type: "config-entry.set"; entry: ConfigEntry }
  | { type: "config-entry.delete"; kind: ConfigEntryKind; name: string }
) & { cas?: number | undefined; isCopy?: boolean };

const statements = prepared((db) => ({
  remove: db
    .delete(configEntries)
    .where(and(eq(configEntries.kind, sql.placeholder("kind")), eq(configEntries.nameKey, sql.placeholder("nameKey"))))
    .prepare(),
  insert: db
    .insert(configEntries)
    .values({
      kind: sql.placeholder("kind"),
      nameKey: sql.placeholder("nameKey"),
      doc: sql.placeholder("doc"),
      createIndex: sql.placeholder("createIndex"),
      modifyIndex: sql.placeholder("modifyIndex"),
    })
    .prepare(),
}));

/** True when it was done; false when `cas` did not hold. */
export function applyConfigEntry(change: Change, command: ConfigEntryCommand): boolean {
  const { kind, name } = command.type === "config-entry.set" ? keyOf(command.entry) : command;
  const before = configEntry(change.db, kind, name);
  if (command.cas !== undefined && command.cas !== (before?.ModifyIndex ?? 0)) return false;
  if (command.type === "config-entry.delete" && before === undefined) return true;
  const after = command.type === "config-entry.set" ? command.entry : undefined;
  if (command.isCopy !== true) validateInGraph(change.db, { kind, name, next: after });
  const run = statements(change.db);
  const nameKey = nameKeyOf(name);
  if (before !== undefined) run.remove.run({ kind, nameKey });
  if (command.type === "config-entry.set") {
    run.insert.run({
      ...{ kind, nameKey, doc: command.entry },
      createIndex: before?.CreateIndex ?? change.index,
      modifyIndex: change.index,
    });
  }
  followEntry(change, gatewayEntryOf(before), gatewayEntryOf(after));
  followLinks(change.db, before, after);
  bumpIndex(change, CONFIG_ENTRIES_INDEX);
  change.touch(configEntryTopic(kind, name));
  change.touch(configKindTopic(kind));
  change.touch(CONFIG_ENTRIES_TOPIC);
  return true;
}

const keyOf = ({ Kind, Name }: ConfigEntry) => ({ kind: Kind, name: Name });
