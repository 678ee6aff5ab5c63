import { and, asc, eq, sql } from "drizzle-orm";
import { ALL_SERVICES, type GatewayKind, type GatewayService } from "../../model/gateway-service.ts";
import { configEntry } from "../config-entries/queries.ts";
import { configEntryTopic, configKindTopic } from "../config-entries/topics.ts";
import { prepared, type StateDb } from "../db.ts";
import { readIndex, tableIndex } from "../indexes/queries.ts";
import type { QueryResult } from "../query.ts";
import { gatewayServices } from "./tables.ts";
import { gatewayServicesTopic } from "./topics.ts";

/** Consul's name of the table among the indexes; 0 as long as there was no gateway. */
export const GATEWAY_SERVICES_INDEX = "gateway-services";

/** Index of which ingress gateways stand before a service. */
export const ingressIndexName = (serviceKey: string): string => `ingress.${serviceKey}`;

const serviceKey = eq(gatewayServices.serviceKey, sql.placeholder("serviceKey"));

const statements = prepared((db) => ({
  ofGateway: db
    .select({ doc: gatewayServices.doc })
    .from(gatewayServices)
    .where(eq(gatewayServices.gatewayKey, sql.placeholder("gatewayKey")))
    .orderBy(asc(gatewayServices.serviceKey))
    .prepare(),
  gateways: db
    .selectDistinct({ key: gatewayServices.gatewayKey })
    .from(gatewayServices)
    .where(and(serviceKey, eq(gatewayServices.kind, sql.placeholder("kind"))))
    .orderBy(asc(gatewayServices.gatewayKey))
    .prepare(),
}));

/** Whether there is, or was, a gateway with an entry. Cheap: most clusters have none, and writes of theirs ask nothing more. */
export function hasGateways(db: StateDb): boolean {
  return readIndex(db, GATEWAY_SERVICES_INDEX) > 0;
}

/** Folded names of the gateways of a kind that stand before a service, sorted. */
export function gatewaysOf(db: StateDb, service: string, kind: GatewayKind): string[] {
  if (!hasGateways(db)) return [];
  return statements(db)
    .gateways.all({ serviceKey: service.toLowerCase(), kind })
    .map(({ key }) => key);
}

/**
 * The services that a gateway stands before, in Consul's order. Of those that an ingress gateway has because it has all, only
 * the ones that speak the protocol of the listener are shown.
 */
export function gatewayServiceList(db: StateDb, gateway: string): QueryResult<GatewayService[]> {
  const all = statements(db)
    .ofGateway.all({ gatewayKey: gateway.toLowerCase() })
    .map(({ doc }) => doc);
  const followsProtocol = all.some(({ GatewayKind, Service }) => isAll(Service) && GatewayKind === "ingress-gateway");
  const shown = all.filter((link) => !isAll(link.Service) && speaks(db, link));
  const topics = [gatewayServicesTopic(gateway)];
  if (followsProtocol) topics.push(configEntryTopic("proxy-defaults", "global"), configKindTopic("service-defaults"));
  const tables = followsProtocol ? [GATEWAY_SERVICES_INDEX, "config-entries"] : [GATEWAY_SERVICES_INDEX];
  return { value: shown.sort(byServiceAndPort), ...tableIndex(db, tables), interest: { topics } };
}

const isAll = ({ Name }: GatewayService["Service"]) => Name === ALL_SERVICES;

function speaks(db: StateDb, { GatewayKind, FromWildcard, Service, Protocol }: GatewayService): boolean {
  if (GatewayKind !== "ingress-gateway" || FromWildcard !== true) return true;
  return protocolOf(db, Service.Name) === Protocol;
}

const DEFAULT_PROTOCOL = "tcp";

/** The protocol that a service speaks: what its own defaults say, else those of all proxies. */
export function protocolOf(db: StateDb, service: string): string {
  const own = configEntry(db, "service-defaults", service)?.Protocol;
  if (own) return own.toLowerCase();
  const settings = Object.entries(configEntry(db, "proxy-defaults", "global")?.Config ?? {});
  const [, ofAll] = settings.find(([key]) => key.toLowerCase() === "protocol") ?? [];
  return typeof ofAll === "string" && ofAll !== "" ? ofAll.toLowerCase() : DEFAULT_PROTOCOL;
}

function byServiceAndPort(a: GatewayService, b: GatewayService): number {
  const [left, right] = [a.Service.Name.toLowerCase(), b.Service.Name.toLowerCase()];
  if (left !== right) return left < right ? -1 : 1;
  return portKey(a.Port) < portKey(b.Port) ? -1 : 1;
}

/** Consul's index has ports as signed varints, lowest bits first, and compares them as texts. */
function portKey(port = 0): string {
  const bytes: number[] = [];
  let rest = port * 2;
  for (; rest >= 0x80; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
  return String.fromCharCode(...bytes, rest);
}
