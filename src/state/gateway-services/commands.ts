import { and, eq, sql } from "drizzle-orm";
import { ALL_SERVICES, type GatewayKind } from "../../model/gateway-service.ts";
import { connectTopic } from "../catalog/topics.ts";
import type { Change } from "../change.ts";
import { prepared, type StateDb } from "../db.ts";
import { bumpIndex, dropIndex } from "../indexes/commands.ts";
import { services } from "../services/tables.ts";
import { connectIndexName, EXTINCTION_INDEX } from "../services/touch.ts";
import {
  followedLink,
  type GatewayEntry,
  type GatewayLink,
  gatewayServiceOf,
  keysOf,
  linksAmong,
  linksOf,
} from "./links.ts";
import { GATEWAY_SERVICES_INDEX, gatewaysOf, hasGateways, ingressIndexName } from "./queries.ts";
import { gatewayServices } from "./tables.ts";
import { gatewayServicesTopic, ingressTopic } from "./topics.ts";

const { gatewayKey, kind, serviceKey, port } = gatewayServices;
const gatewayIs = and(eq(gatewayKey, sql.placeholder("gatewayKey")), eq(kind, sql.placeholder("kind")));
const serviceIs = eq(serviceKey, sql.placeholder("serviceKey"));
/** The servers' own, which no gateway stands before. */
const CONSUL_SERVICE = "consul";
/** An ordinary instance; a document leaves the kind out then. */
const isOrdinary = sql`${services.doc} ->> '$.Kind' IS NULL`;

const statements = prepared((db) => ({
  ofGateway: db.select({ serviceKey }).from(gatewayServices).where(gatewayIs).prepare(),
  removeGateway: db.delete(gatewayServices).where(gatewayIs).prepare(),
  ofService: db.select({ doc: gatewayServices.doc }).from(gatewayServices).where(serviceIs).prepare(),
  one: db
    .select({ port })
    .from(gatewayServices)
    .where(and(gatewayIs, serviceIs, eq(port, sql.placeholder("port"))))
    .prepare(),
  insert: db
    .insert(gatewayServices)
    .values({
      gatewayKey: sql.placeholder("gatewayKey"),
      kind: sql.placeholder("kind"),
      serviceKey: sql.placeholder("serviceKey"),
      port: sql.placeholder("port"),
      fromWildcard: sql.placeholder("fromWildcard"),
      doc: sql.placeholder("doc"),
    })
    .prepare(),
  removeFollowed: db
    .delete(gatewayServices)
    .where(and(serviceIs, eq(gatewayServices.fromWildcard, true)))
    .returning({ gatewayKey, kind })
    .prepare(),
  registered: db
    .select({ name: sql<string>`min(${services.doc} ->> '$.Service')` })
    .from(services)
    .where(and(isOrdinary, sql`${services.serviceKey} <> ${CONSUL_SERVICE}`))
    .groupBy(services.serviceKey)
    .prepare(),
  ordinary: db
    .select({ key: services.serviceKey })
    .from(services)
    .where(and(eq(services.serviceKey, sql.placeholder("serviceKey")), isOrdinary))
    .limit(1)
    .prepare(),
  connect: db
    .select({ key: services.connectKey })
    .from(services)
    .where(eq(services.connectKey, sql.placeholder("serviceKey")))
    .limit(1)
    .prepare(),
}));

/** The config entry of a gateway was written (`before` undefined: for the first time) or deleted (`after` undefined). */
export function followEntry(change: Change, before: GatewayEntry | undefined, after: GatewayEntry | undefined): void {
  const entry = after ?? before;
  if (entry === undefined || sameLinks(before, after)) return;
  const gateway = { gatewayKey: entry.Name.toLowerCase(), kind: entry.Kind };
  const run = statements(change.db);
  const linked = new Set(run.ofGateway.all(gateway).map((row) => row.serviceKey));
  run.removeGateway.run(gateway);
  const links = after === undefined ? [] : linksAmong(after, registeredServices(change.db));
  for (const link of links) insert(change, link);
  const stillLinked = new Set(links.map((link) => keysOf(link).serviceKey));
  touchGateway(change, gateway.gatewayKey);
  for (const service of linked) if (!stillLinked.has(service)) touchUnlinked(change, service, gateway.kind);
  for (const service of stillLinked) if (!linked.has(service)) touchLinked(change, service, gateway.kind);
}

/** How an instance is called, and of which kind it is. */
interface Named {
  Service: string;
  Kind?: string | undefined;
}

/** An instance was replaced, came (`before` undefined) or left (`after` undefined), and its row with it. */
export function followService(change: Change, before: Named | undefined, after: Named | undefined): void {
  if (!hasGateways(change.db)) return;
  const came = after === undefined ? undefined : followedKey(after);
  const left = before === undefined ? undefined : followedKey(before);
  if (came === left) return;
  if (came !== undefined && after !== undefined) link(change, came, after.Service);
  if (left !== undefined) unlink(change, left);
}

/** Folded name, or undefined for what no gateway stands before. */
function followedKey({ Service, Kind = "" }: Named): string | undefined {
  const key = Service.toLowerCase();
  return Kind === "" && key !== CONSUL_SERVICE ? key : undefined;
}

function link(change: Change, key: string, service: string): void {
  const run = statements(change.db);
  for (const { doc } of run.ofService.all({ serviceKey: ALL_SERVICES })) {
    const { CreateIndex: _created, ModifyIndex: _modified, ...all } = doc;
    const followed = followedLink(all, service);
    const keys = keysOf(followed);
    if (run.one.get(keys) !== undefined) continue;
    insert(change, followed);
    touchGateway(change, keys.gatewayKey);
    touchLinked(change, key, keys.kind);
  }
}

function unlink(change: Change, key: string): void {
  const run = statements(change.db);
  if (run.ordinary.get({ serviceKey: key }) !== undefined) return;
  for (const gone of run.removeFollowed.all({ serviceKey: key })) {
    touchGateway(change, gone.gatewayKey);
    touchUnlinked(change, key, gone.kind);
  }
}

function insert(change: Change, one: GatewayLink): void {
  const doc = gatewayServiceOf(one, change.index, change.index);
  statements(change.db).insert.run({ ...keysOf(one), doc });
}

function touchGateway(change: Change, gateway: string): void {
  bumpIndex(change, GATEWAY_SERVICES_INDEX);
  change.touch(gatewayServicesTopic(gateway));
}

/** What the mesh reaches a service through, or what leads into the mesh to it, is another. */
function touchLinked(change: Change, service: string, by: GatewayKind): void {
  const isIngress = by === "ingress-gateway";
  bumpIndex(change, isIngress ? ingressIndexName(service) : connectIndexName(service));
  change.touch(isIngress ? ingressTopic(service) : connectTopic(service));
}

/** `touchLinked`; and a name that nothing is left of is extinct. */
function touchUnlinked(change: Change, service: string, by: GatewayKind): void {
  touchLinked(change, service, by);
  if (gatewaysOf(change.db, service, by).length > 0) return;
  if (by === "terminating-gateway" && statements(change.db).connect.get({ serviceKey: service }) !== undefined) return;
  dropIndex(change, by === "ingress-gateway" ? ingressIndexName(service) : connectIndexName(service));
  bumpIndex(change, EXTINCTION_INDEX);
}

/** Of each ordinary service one spelling. */
function registeredServices(db: StateDb): string[] {
  return statements(db)
    .registered.all()
    .map(({ name }) => name);
}

function sameLinks(before: GatewayEntry | undefined, after: GatewayEntry | undefined): boolean {
  const text = (entry: GatewayEntry | undefined) => (entry === undefined ? "" : JSON.stringify(linksOf(entry)));
  return text(before) === text(after);
}
