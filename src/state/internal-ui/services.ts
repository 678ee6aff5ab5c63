import type { ServiceSummary } from "../../model/internal-ui.ts";
import type { NodeService } from "../../model/service.ts";
import { healthAll, healthService, type InstanceHealth } from "../catalog/queries.ts";
import type { StateDb } from "../db.ts";
import { gatewayServiceList } from "../gateway-services/queries.ts";
import { indexesOf } from "../indexes/indexes.ts";
import { highest, moving, tableIndex } from "../indexes/queries.ts";
import type { QueryResult } from "../query.ts";
import { CHECKS_TOPIC, NODES_TOPIC, SERVICES_TOPIC } from "../topics.ts";
import { count, Summaries, type UiInstance, uiInstanceOf } from "./summary.ts";

const TABLES = ["nodes", "services", "checks"] as const;

/** Which instances are counted. */
export type InstancePredicate = (instance: InstanceHealth) => boolean;

/** All services, each in one line. */
export function uiServices(db: StateDb, keep?: InstancePredicate): QueryResult<ServiceSummary[]> {
  const summaries = new Summaries();
  if (keep === undefined) addAll(db, summaries);
  else for (const instance of healthAll(db)) if (keep(instance)) summaries.addHealth(instance);
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

interface Registered {
  readonly nodeKey: string;
  readonly idKey: string;
  readonly instance: UiInstance;
}

/** More are read anew each time. */
const MEMO_INSTANCES_MAX = 50_000;
/** Checks change much more often than what is registered. */
const memo = new WeakMap<StateDb, { version: string; instances: Registered[] }>();

/** All instances, by node and service id. */
export function registered(db: StateDb): Registered[] {
  const indexes = indexesOf(db);
  const version = [indexes.generation, indexes.get("nodes"), indexes.get("services")].join(" ");
  const known = memo.get(db);
  if (known?.version === version) return known.instances;
  const instances = readInstances(db);
  if (instances.length <= MEMO_INSTANCES_MAX) memo.set(db, { version, instances });
  else memo.delete(db);
  return instances;
}

function readInstances(db: StateDb): Registered[] {
  const names = new Map(
    db.$client.query("SELECT node_key, doc ->> '$.Node' FROM nodes").values() as [string, string][],
  );
  const rows = db.$client.query("SELECT node_key, id_key, doc FROM services ORDER BY node_key, id_key").values() as [
    string,
    string,
    string,
  ][];
  const services = JSON.parse(`[${rows.map(([, , doc]) => doc).join(",")}]`) as NodeService[];
  return services.map((service, i) => {
    const [nodeKey = "", idKey = ""] = rows[i] ?? [];
    return { nodeKey, idKey, instance: uiInstanceOf(names.get(nodeKey) ?? "", service) };
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
