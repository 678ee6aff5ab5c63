/** The agent's services and checks as its endpoints print them: Go's field order, sorted maps, no null lists. */

import type { LocalService } from "../agent/local/state.ts";
import { sortedRecord } from "../lib/go-json.ts";
import { md5Hex } from "../lib/md5.ts";
import type { HealthCheck } from "../model/check.ts";
import type { NodeService } from "../model/service.ts";
import { ZERO_CHECK_DEFINITION } from "../model/zero-check-definition.ts";

const CONTENT_HASH_CHARS = 16;
const PROXY_KINDS = ["connect-proxy", "mesh-gateway", "terminating-gateway", "ingress-gateway"];

/** Shape of `GET /v1/agent/services` for one service; with `contentHash` that of `GET /v1/agent/service/:id`. */
export function agentService(service: NodeService, contentHash?: string): Record<string, unknown> {
  const isProxy = service.Kind !== undefined && PROXY_KINDS.includes(service.Kind);
  return {
    ...(service.Kind === undefined ? {} : { Kind: service.Kind }),
    ID: service.ID,
    Service: service.Service,
    Tags: service.Tags ?? [],
    Meta: sortedRecord(service.Meta ?? {}),
    Port: service.Port,
    Address: service.Address,
    ...(service.TaggedAddresses === undefined ? {} : { TaggedAddresses: sortedRecord(service.TaggedAddresses) }),
    Weights: service.Weights,
    EnableTagOverride: service.EnableTagOverride,
    ...(contentHash === undefined ? {} : { ContentHash: contentHash }),
    ...(isProxy ? { Proxy: agentProxy(service.Proxy) } : {}),
    ...(service.Connect.Native === true ? { Connect: service.Connect } : {}),
  };
}

/** The catalog prints an upstream's empty `Datacenter` and null `Config`, the agent leaves them out (observed). */
function agentProxy(proxy: NodeService["Proxy"]): Record<string, unknown> {
  if (!Array.isArray(proxy.Upstreams)) return proxy;
  const upstreams = proxy.Upstreams as Record<string, unknown>[];
  const slim = upstreams.map((upstream) =>
    Object.fromEntries(
      Object.entries(upstream).filter(
        ([key, value]) => !(key === "Datacenter" && value === "") && !(key === "Config" && value === null),
      ),
    ),
  );
  return { ...proxy, Upstreams: slim };
}

/** Differs when the service does; opaque to callers. */
export function contentHash(local: LocalService): string {
  return md5Hex(JSON.stringify(agentService(local.service))).slice(0, CONTENT_HASH_CHARS);
}

/** Shape of `GET /v1/agent/checks`, whose indexes are always 0. */
export function agentCheck(check: HealthCheck): HealthCheck {
  return { ...check, ServiceTags: check.ServiceTags ?? [], Definition: {}, CreateIndex: 0, ModifyIndex: 0 };
}

/** Shape of a check inside `GET /v1/agent/health/service/...`: another type in Consul, with all its zero fields. */
export function agentHealthCheck(check: HealthCheck): Record<string, unknown> {
  return {
    ...agentCheck(check),
    ServiceTags: check.ServiceTags.length === 0 ? null : check.ServiceTags,
    Type: "",
    Definition: ZERO_CHECK_DEFINITION,
  };
}
