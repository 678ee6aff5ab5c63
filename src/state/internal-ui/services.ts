import type { ServiceSummary } from "../../model/internal-ui.ts";
import { healthService, type InstanceHealth } from "../catalog/queries.ts";
import type { StateDb } from "../db.ts";
import { gatewayServiceList } from "../gateway-services/queries.ts";
import { highest, moving, tableIndex } from "../indexes/queries.ts";
import type { QueryResult } from "../query.ts";
import { CHECKS_TOPIC, NODES_TOPIC, SERVICES_TOPIC } from "../topics.ts";
import { allWithHealth, registered, statusesByInstance } from "./instances.ts";
import { count, Summaries, type UiInstance } from "./summary.ts";

const TABLES = ["nodes", "services", "checks"] as const;

/** Which instances are counted. */
export type InstancePredicate = (instance: InstanceHealth) => boolean;

/** All services, each in one line. */
export function uiServices(db: StateDb, keep?: InstancePredicate): QueryResult<ServiceSummary[]> {
  const summaries = new Summaries();
  if (keep === undefined) addAll(db, summaries);
  else for (const instance of allWithHealth(db)) if (keep(instance)) summaries.addHealth(instance);
  return {
    value: summaries.list(),
    ...tableIndex(db, TABLES),
    interest: { topics: [NODES_TOPIC, SERVICES_TOPIC, CHECKS_TOPIC] },
  };
}

/** How an ingress gateway is asked for a service that has no hosts of its own. */
export interface DnsNames {
  readonly datacenter: string;
  /** As they are configured. */
  readonly domains: readonly string[];
}

/** A gateway before more services than this has them read all at once, and its readers wake with the whole catalog. */
const SERVICES_READ_ONE_BY_ONE_MAX = 64;

/** The services that a gateway stands before. An instance counts once, however many ports lead to it. */
export function uiGatewayServices(db: StateDb, gateway: string, dns: DnsNames): QueryResult<ServiceSummary[]> {
  const links = gatewayServiceList(db, gateway);
  const summaries = new Summaries();
  const keys = new Set<string>();
  for (const { Service, Port = 0, Hosts = [] } of links.value) {
    const hosts = Hosts.length > 0 ? Hosts : dns.domains.map((domain) => dnsName(Service.Name, dns.datacenter, domain));
    const { addresses } = summaries.of(Service.Name);
    if (Port !== 0) for (const host of hosts) addresses.add(`${host}:${Port}`);
    keys.add(Service.Name.toLowerCase());
  }
  const parts: Pick<QueryResult<unknown>, "index" | "indexNow">[] = [links];
  const topics = [...links.interest.topics];
  if (keys.size > SERVICES_READ_ONE_BY_ONE_MAX) {
    addAll(db, summaries, ({ name }) => keys.has(name.toLowerCase()));
    parts.push(tableIndex(db, TABLES));
    topics.push(NODES_TOPIC, SERVICES_TOPIC, CHECKS_TOPIC);
  } else {
    for (const key of keys) {
      const found = healthService(db, key);
      for (const instance of found.value) summaries.addHealth(instance);
      parts.push(found);
      topics.push(...found.interest.topics);
    }
  }
  const index = highest(parts.map((part) => moving(part.indexNow ?? (() => part.index))));
  return { value: summaries.list(), ...index, interest: { topics } };
}

const dnsName = (service: string, datacenter: string, domain: string) => `${service}.ingress.${datacenter}.${domain}`;

/** Read apart and joined here: of the checks only the statuses count. */
function addAll(db: StateDb, summaries: Summaries, keep: (instance: UiInstance) => boolean = () => true): void {
  const statuses = statusesByInstance(db);
  for (const { nodeKey, idKey, instance } of registered(db)) {
    if (!keep(instance)) continue;
    const ofNode = statuses.get(nodeKey);
    const sums = summaries.add(instance, ofNode?.get("") ?? NONE);
    count(sums, ofNode?.get(idKey) ?? NONE);
  }
}

const NONE: readonly string[] = [];
