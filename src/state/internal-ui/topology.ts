import type { ServiceTopology, TopologySummary } from "../../model/internal-ui.ts";
import type { NodeService } from "../../model/service.ts";
import { healthService } from "../catalog/queries.ts";
import { configEntriesOfKind } from "../config-entries/queries.ts";
import { configKindTopic } from "../config-entries/topics.ts";
import type { StateDb } from "../db.ts";
import { gatewayServiceList, gatewaysOf, protocolOf } from "../gateway-services/queries.ts";
import { gatewayServicesTopic, ingressTopic } from "../gateway-services/topics.ts";
import { tableIndex } from "../indexes/queries.ts";
import type { QueryResult } from "../query.ts";
import { CHECKS_TOPIC, NODES_TOPIC, SERVICES_TOPIC } from "../topics.ts";
import { decisionOf } from "./intentions.ts";
import { Summaries } from "./summary.ts";

const TABLES = ["nodes", "services", "checks", "gateway-services", "config-entries"] as const;
const REGISTRATION = "proxy-registration";
const TRANSPARENT = "transparent";

/** What of a proxy says whom its service calls. */
interface Calls {
  source: string;
  isTransparent: boolean;
  upstreams: readonly string[];
}

/**
 * Whom a service calls, and who calls it (Consul 1.9): by the upstreams of registered proxies, and by the entries of ingress
 * gateways. `isIngress`: the service is such a gateway.
 */
export function serviceTopology(
  db: StateDb,
  service: string,
  isIngress: boolean,
  datacenter: string,
): QueryResult<ServiceTopology> {
  const key = service.toLowerCase();
  const calls = proxyCalls(db, datacenter);
  const own = calls.filter(({ source }) => source.toLowerCase() === key);
  const called = isIngress
    ? gatewayServiceList(db, service).value.map(({ Service }) => Service.Name)
    : own.flatMap(({ upstreams }) => upstreams);
  const callers = calls
    .filter(({ upstreams }) => upstreams.some((name) => name.toLowerCase() === key))
    .map(({ source }) => source);
  const ingress = gatewaysOf(db, service, "ingress-gateway");
  const intentions = configEntriesOfKind(db, "service-intentions");
  const side = (names: readonly string[], decide: (name: string) => TopologySummary["Intention"]) =>
    summaries(db, names, calls, datacenter).map((summary) => ({ ...summary, Intention: decide(summary.Name) }));
  return {
    value: {
      Protocol: protocolOf(db, service),
      TransparentProxy: isTransparent(own),
      Upstreams: side(called, (name) => decisionOf(intentions, service, name)),
      Downstreams: side([...callers, ...ingress], (name) => decisionOf(intentions, name, service)),
      FilteredByACLs: false,
    },
    ...tableIndex(db, TABLES),
    interest: { topics: topicsOf(service) },
  };
}

function topicsOf(service: string) {
  const kinds = (["service-intentions", "service-defaults", "proxy-defaults"] as const).map(configKindTopic);
  return [NODES_TOPIC, SERVICES_TOPIC, CHECKS_TOPIC, gatewayServicesTopic(service), ingressTopic(service), ...kinds];
}

/** Of all proxies of this datacenter. */
function proxyCalls(db: StateDb, datacenter: string): Calls[] {
  const rows = db.$client.query("SELECT doc FROM services WHERE connect_key IS NOT NULL").values() as [string][];
  const services = JSON.parse(`[${rows.map(([doc]) => doc).join(",")}]`) as NodeService[];
  return services
    .filter(({ Kind }) => Kind === "connect-proxy")
    .map(({ Proxy: its }) => ({
      source: String(its.DestinationServiceName ?? ""),
      isTransparent: its.Mode === TRANSPARENT,
      upstreams: upstreamsOf(its.Upstreams, datacenter),
    }));
}

function upstreamsOf(upstreams: unknown, datacenter: string): string[] {
  const list = (Array.isArray(upstreams) ? upstreams : []) as Record<string, unknown>[];
  return list
    .filter(({ DestinationType: type, Datacenter: at }) => (!type || type === "service") && (!at || at === datacenter))
    .map(({ DestinationName }) => String(DestinationName ?? ""));
}

/** Of ordinary services and ingress gateways that are registered, each name once. */
function summaries(
  db: StateDb,
  names: readonly string[],
  calls: readonly Calls[],
  datacenter: string,
): Omit<TopologySummary, "Intention">[] {
  const all = new Summaries();
  const native = new Set<string>();
  for (const key of new Set(names.map((name) => name.toLowerCase()))) {
    for (const instance of healthService(db, key).value) {
      const { Kind = "", Service, Connect } = instance.Service;
      if (Kind !== "" && Kind !== "ingress-gateway") continue;
      all.addHealth(instance);
      if (Connect.Native === true) native.add(Service);
    }
  }
  return all.list().map(({ ProxyFor: _, ...summary }) => ({
    ...summary,
    Datacenter: datacenter,
    TransparentProxy: isTransparent(calls.filter(({ source }) => source === summary.Name)),
    ConnectNative: native.has(summary.Name),
    Source: REGISTRATION,
  }));
}

const isTransparent = (calls: readonly Calls[]) => calls.length > 0 && calls.every((call) => call.isTransparent);
