import type { ServiceSummary } from "../../model/internal-ui.ts";
import type { NodeService } from "../../model/service.ts";
import { healthAll, healthService, type InstanceHealth } from "../catalog/queries.ts";
import type { StateDb } from "../db.ts";
import { gatewayServiceList } from "../gateway-services/queries.ts";
import { highest, moving, tableIndex } from "../indexes/queries.ts";
import type { QueryResult } from "../query.ts";
import { CHECKS_TOPIC, NODES_TOPIC, SERVICES_TOPIC } from "../topics.ts";
import { Summaries, type UiInstance, uiInstanceOf } from "./summary.ts";

const TABLES = ["nodes", "services", "checks"] as const;

/** Which instances are counted. */
export type InstancePredicate = (instance: InstanceHealth) => boolean;

/** All services, each in one line. */
export function uiServices(db: StateDb, keep?: InstancePredicate): QueryResult<ServiceSummary[]> {
  const summaries = new Summaries();
  const instances = keep === undefined ? allInstances(db) : healthAll(db).filter(keep).map(uiInstanceOf);
  for (const instance of instances) summaries.add(instance);
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

/** The services that a gateway stands before. An instance counts once, however many ports lead to it. */
export function uiGatewayServices(db: StateDb, gateway: string, dns: DnsNames): QueryResult<ServiceSummary[]> {
  const links = gatewayServiceList(db, gateway);
  const summaries = new Summaries();
  const parts = [links];
  const counted = new Set<string>();
  const topics = [...links.interest.topics];
  for (const { Service, Port = 0, Hosts = [] } of links.value) {
    const hosts = Hosts.length > 0 ? Hosts : dns.domains.map((domain) => dnsName(Service.Name, dns.datacenter, domain));
    const { addresses } = summaries.of(Service.Name);
    if (Port !== 0) for (const host of hosts) addresses.add(`${host}:${Port}`);
    const key = Service.Name.toLowerCase();
    if (counted.has(key)) continue;
    counted.add(key);
    const found = healthService(db, key);
    for (const instance of found.value) summaries.add(uiInstanceOf(instance));
    parts.push({ ...found, value: [] });
    topics.push(...found.interest.topics);
  }
  const index = highest(parts.map((part) => moving(part.indexNow ?? (() => part.index))));
  return { value: summaries.list(), ...index, interest: { topics } };
}

const dnsName = (service: string, datacenter: string, domain: string) => `${service}.ingress.${datacenter}.${domain}`;

/** Read apart and joined here: of the checks only the statuses count. */
function allInstances(db: StateDb): UiInstance[] {
  const nodes = db.$client.query("SELECT node_key, doc ->> '$.Node' FROM nodes").values() as [string, string][];
  const names = new Map(nodes);
  const statuses = statusesByInstance(db);
  const rows = db.$client.query("SELECT node_key, id_key, doc FROM services ORDER BY node_key, id_key").values() as [
    string,
    string,
    string,
  ][];
  const services = JSON.parse(`[${rows.map(([, , doc]) => doc).join(",")}]`) as NodeService[];
  return services.map((service, i) => {
    const [node = "", id = ""] = rows[i] ?? [];
    const ofNode = statuses.get(node);
    return {
      node: names.get(node) ?? "",
      service,
      statuses: [...(ofNode?.get("") ?? []), ...(ofNode?.get(id) ?? [])],
    };
  });
}

/** Statuses of checks, by node and id of the service, "" for checks of the node itself; both folded. */
export function statusesByInstance(db: StateDb): Map<string, Map<string, string[]>> {
  const rows = db.$client.query("SELECT node_key, service_id_key, status FROM checks").values() as [
    string,
    string,
    string,
  ][];
  const byNode = new Map<string, Map<string, string[]>>();
  for (const [node, id, status] of rows) {
    const ofNode = byNode.getOrInsertComputed(node, () => new Map<string, string[]>());
    ofNode.getOrInsertComputed(id, () => []).push(status);
  }
  return byNode;
}
