import { asc, eq, sql } from "drizzle-orm";
import type { FederationState, MeshGatewayInstance } from "../../model/federation-state.ts";
import { healthService, type InstanceHealth } from "../catalog/queries.ts";
import { prepared, type StateDb } from "../db.ts";
import { tableIndex } from "../indexes/queries.ts";
import type { QueryResult } from "../query.ts";
import { serviceChecksTopic, serviceTopic } from "../topics.ts";
import { federationStates } from "./tables.ts";
import { FEDERATION_STATES_TOPIC, federationStateTopic, MESH_GATEWAYS_TOPIC } from "./topics.ts";

/** Consul's name of the table among the indexes. */
export const FEDERATION_STATES_INDEX = "federation-states";
const INDEXES = [FEDERATION_STATES_INDEX] as const;
export const MESH_GATEWAY = "mesh-gateway";

const statements = prepared((db) => ({
  one: db
    .select()
    .from(federationStates)
    .where(eq(federationStates.datacenterKey, sql.placeholder("key")))
    .prepare(),
  all: db.select().from(federationStates).orderBy(asc(federationStates.datacenterKey)).prepare(),
}));

/** By datacenter. */
export function federationStateList(db: StateDb): QueryResult<FederationState[]> {
  const value = statements(db).all.all().map(toState);
  return { value, ...tableIndex(db, INDEXES), interest: { topics: [FEDERATION_STATES_TOPIC] } };
}

export function federationStateGet(db: StateDb, datacenter: string): QueryResult<FederationState | undefined> {
  const row = statements(db).one.get({ key: datacenter.toLowerCase() });
  const value = row && toState(row);
  return { value, ...tableIndex(db, INDEXES), interest: { topics: [federationStateTopic(datacenter)] } };
}

/** The mesh gateways of this datacenter, healthy or not, by node and service id. */
export function meshGateways(db: StateDb): Pick<QueryResult<MeshGatewayInstance[]>, "value" | "interest"> {
  const found = db.$client
    .query("SELECT DISTINCT service_key AS name FROM services WHERE doc ->> '$.Kind' = 'mesh-gateway'")
    .all() as { name: string }[];
  const names = found.map(({ name }) => name);
  const instances = names.flatMap((name) => healthService(db, name).value);
  return {
    value: instances
      .filter(({ Service }) => Service.Kind === MESH_GATEWAY)
      .map(toGateway)
      .sort(byNodeAndId),
    interest: {
      topics: [MESH_GATEWAYS_TOPIC, ...names.flatMap((name) => [serviceTopic(name), serviceChecksTopic(name)])],
    },
  };
}

/** What is empty is null here (observed, Consul 1.8.7). */
function toGateway({ Node, Service, Checks }: InstanceHealth): MeshGatewayInstance {
  const checks = Checks.map((check) => {
    const isNull = check.ServiceTags.length === 0 && (check.ServiceID === "" || Service.Tags === null);
    return isNull ? { ...check, ServiceTags: null } : check;
  });
  return { Node, Service, Checks: checks.length === 0 ? null : checks };
}

function byNodeAndId(a: MeshGatewayInstance, b: MeshGatewayInstance): number {
  const [left, right] = [a.Node.Node, b.Node.Node];
  if (left !== right) return left < right ? -1 : 1;
  return a.Service.ID < b.Service.ID ? -1 : 1;
}

function toState({ doc, createIndex, modifyIndex }: typeof federationStates.$inferSelect): FederationState {
  return { ...doc, CreateIndex: createIndex, ModifyIndex: modifyIndex };
}
