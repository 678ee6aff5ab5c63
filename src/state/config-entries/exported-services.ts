import type { ExportedService } from "../../model/exported-service.ts";
import { SERVICE_NAMES_TOPIC } from "../catalog/topics.ts";
import type { StateDb } from "../db.ts";
import { highest, tableIndex } from "../indexes/queries.ts";
import type { QueryResult } from "../query.ts";
import { serviceList } from "../services/queries.ts";
import { CONFIG_ENTRIES_INDEX, configEntriesOfKind } from "./queries.ts";
import { configKindTopic } from "./topics.ts";

const ANY_SERVICE = "*";
/** Servers register themselves under it; it is never exported. */
const OWN_SERVICE = "consul";

/** What the config entry of the kind `exported-services` says, by service: `*` is each that there is. */
export function exportedServices(db: StateDb): QueryResult<ExportedService[]> {
  const peers = new Map<string, Set<string>>();
  const add = (service: string, consumers: readonly string[]) => {
    const known = peers.get(service) ?? new Set();
    for (const peer of consumers) known.add(peer);
    peers.set(service, known);
  };
  const listed = serviceList(db);
  for (const { Services } of configEntriesOfKind(db, "exported-services")) {
    for (const { Name, Consumers } of Services ?? []) {
      const consumers = (Consumers ?? []).flatMap(({ Peer }) => (Peer ? [Peer] : []));
      if (consumers.length === 0) continue;
      const names = Name === ANY_SERVICE ? Object.keys(listed.value).filter((name) => name !== OWN_SERVICE) : [Name];
      for (const name of names) add(name, consumers);
    }
  }
  const value = [...peers.entries()].sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    value: value.map(([Service, consumers]) => ({ Service, Consumers: { Peers: [...consumers].sort() } })),
    ...highest([tableIndex(db, [CONFIG_ENTRIES_INDEX]), tableIndex(db, ["services"])]),
    interest: { topics: [configKindTopic("exported-services"), SERVICE_NAMES_TOPIC] },
  };
}
