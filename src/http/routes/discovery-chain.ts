import { z } from "zod";
import { Refusal } from "../../lib/refusal.ts";
import {
  type ChainOverrides,
  CompiledDiscoveryChain,
  decodeChainOverrides,
  NO_OVERRIDES,
} from "../../model/discovery-chain.ts";
import type { QueryResult } from "../../state/query.ts";
import { one, READ_QUERY } from "../query-schema.ts";
import { type ApiRequest, defineRoute } from "../route.ts";

export interface DiscoveryChainDeps {
  discoveryChain: {
    /** `datacenter` "" is the own one. */
    get(service: string, datacenter: string, overrides: ChainOverrides): QueryResult<CompiledDiscoveryChain>;
  };
}

const ChainQuery = z.object({ ...READ_QUERY, "compile-dc": one });

const common = {
  query: ChainQuery,
  answer: z.object({ Chain: CompiledDiscoveryChain }),
  acl: "service:read",
  blocking: "index",
  effectiveConsistency: true,
  agentCache: true,
  namespaced: true,
} as const;

const get = defineRoute({
  method: "GET",
  path: "/v1/discovery-chain/:service{.*}",
  summary: "Read the discovery chain of a service",
  ...common,
  read: (request, deps: DiscoveryChainDeps) => chainOf(request, () => NO_OVERRIDES, deps),
});

const compile = defineRoute({
  method: "POST",
  path: "/v1/discovery-chain/:service{.*}",
  summary: "Read the discovery chain of a service, with other settings than its config entries have",
  ...common,
  body: z.unknown(),
  bodyErrorPrefix: "Bad request: Request decoding failed: ",
  read: (request, deps: DiscoveryChainDeps) => chainOf(request, () => decodeChainOverrides(request.body), deps),
});

function chainOf(
  { params: { service = "" }, query }: ApiRequest<z.output<typeof ChainQuery>>,
  overrides: () => ChainOverrides,
  { discoveryChain }: DiscoveryChainDeps,
) {
  if (service === "") throw new Refusal("Bad request: Missing chain name", 400);
  const found = discoveryChain.get(service, query["compile-dc"] ?? "", overrides());
  return { ...found, value: { Chain: found.value } };
}

export const discoveryChainRoutes = [get, compile] as const;
