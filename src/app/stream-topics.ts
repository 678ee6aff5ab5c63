import type { StreamTopic } from "../http/event-stream.ts";
import { isConfigEntryKind, type StoredConfigEntry } from "../model/config-entry/config-entry.ts";
import { printConfigEntry } from "../model/config-entry/print.ts";
import { healthService, nodeWithServices } from "../state/catalog/queries.ts";
import { healthState } from "../state/checks/queries.ts";
import { configEntryGet, configEntryList } from "../state/config-entries/queries.ts";
import type { StateDb } from "../state/db.ts";
import { kvGet, kvList } from "../state/kv/queries.ts";
import { nodeList } from "../state/nodes/queries.ts";
import type { QueryResult } from "../state/query.ts";
import type { RecentChanges } from "../state/recent-changes.ts";
import { serviceList } from "../state/services/queries.ts";
import { sessionGet, sessionList } from "../state/sessions/queries.ts";

/** Undefined when there can be no such topic. */
type Read = (db: StateDb, rest: string) => QueryResult<unknown> | undefined;

/** Topics with a name behind the slash, and those without. */
const NAMED: Record<string, Read> = {
  kv: (db, key) => (key.endsWith("*") ? kvList(db, key.slice(0, -1)) : kvGet(db, key)),
  service: (db, name) => healthService(db, name),
  node: (db, name) => nodeWithServices(db, name),
  session: (db, id) => sessionGet(db, id),
  config: configTopic,
};
const WHOLE: Record<string, Read> = {
  services: (db) => serviceList(db),
  nodes: (db) => nodeList(db),
  checks: (db) => healthState(db, "any"),
  sessions: (db) => sessionList(db),
  config: (db) => printedEntries(configEntryList(db)),
};

/** `config/KIND` and `config/KIND/NAME`. */
function configTopic(db: StateDb, rest: string): QueryResult<unknown> | undefined {
  const [kind = "", ...name] = rest.split("/");
  if (!isConfigEntryKind(kind)) return undefined;
  if (name.length === 0) return printedEntries(configEntryList(db, kind));
  const found = configEntryGet(db, kind, name.join("/"));
  return { ...found, value: found.value && printConfigEntry(found.value) };
}

function printedEntries(found: QueryResult<StoredConfigEntry[]>): QueryResult<unknown> {
  return { ...found, value: found.value.map(printConfigEntry) };
}

/** The topics of `GET /v1/stream`: each is a read whose value is sent, and whose interest is what is waited on. */
export function streamTopics(
  db: StateDb,
  recent: RecentChanges,
  appliedIndex: () => number,
): (name: string) => StreamTopic | undefined {
  return (name) => {
    const slash = name.indexOf("/");
    const rest = name.slice(slash + 1);
    const read = slash < 0 ? WHOLE[name] : rest === "" ? undefined : NAMED[name.slice(0, slash)];
    const first = read?.(db, rest);
    if (read === undefined || first === undefined) return undefined;
    recent.begin(appliedIndex());
    const { interest } = first;
    return {
      name,
      interest,
      read: () => read(db, rest)?.value,
      changedSince: (index) =>
        index < recent.floor ||
        interest.topics.some((topic) => (recent.lastChange(topic) ?? 0) > index) ||
        (interest.kvPrefixes ?? []).some((prefix) => (recent.lastChangeUnder(prefix) ?? 0) > index),
    };
  };
}
