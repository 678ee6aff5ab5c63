import { z } from "zod";
import { Refusal } from "../../lib/refusal.ts";
import { FederationState, MeshGatewayInstance } from "../../model/federation-state.ts";
import type { QueryResult } from "../../state/query.ts";
import { required } from "../catalog-query.ts";
import { READ_QUERY } from "../query-schema.ts";
import { defineRoute } from "../route.ts";

export interface FederationStateDeps {
  federationState: {
    /** By datacenter. */
    list(): QueryResult<FederationState[]>;
    get(datacenter: string): QueryResult<FederationState | undefined>;
  };
}

const common = { query: z.object(READ_QUERY), acl: "operator:read", blocking: "index" } as const;

const states = defineRoute({
  method: "GET",
  path: "/v1/internal/federation-states",
  summary: "What each datacenter says of its mesh gateways",
  ...common,
  answer: z.array(FederationState),
  read: (_, { federationState }: FederationStateDeps) => federationState.list(),
});

const gateways = defineRoute({
  method: "GET",
  path: "/v1/internal/federation-states/mesh-gateways",
  summary: "Mesh gateways of each datacenter that has some",
  ...common,
  answer: z.record(z.string(), z.array(MeshGatewayInstance)),
  read(_, { federationState }: FederationStateDeps) {
    const found = federationState.list();
    const value = found.value.flatMap(({ Datacenter, MeshGateways = [] }) =>
      MeshGateways.length === 0 ? [] : [[Datacenter, MeshGateways] as const],
    );
    return { ...found, value: Object.fromEntries(value) };
  },
});

/** Consul's answer has its own headers in the body, too. */
const StateAnswer = z.object({
  State: FederationState,
  Index: z.number().int(),
  LastContact: z.number().int(),
  KnownLeader: z.boolean(),
  ConsistencyLevel: z.string(),
});

const state = defineRoute({
  method: "GET",
  path: "/v1/internal/federation-state/:dc{.*}",
  summary: "What a datacenter says of its mesh gateways",
  ...common,
  answer: StateAnswer,
  read({ params }, { federationState }: FederationStateDeps) {
    const found = federationState.get(required(params.dc, "Bad request: Missing datacenter name"));
    // As Consul says it, without the headers of a read.
    if (found.value === undefined) throw new Refusal("", 404);
    const meta = { Index: found.index, LastContact: 0, KnownLeader: true, ConsistencyLevel: "" };
    return { ...found, value: { State: found.value, ...meta } };
  },
});

export const federationStateRoutes = [states, gateways, state] as const;
