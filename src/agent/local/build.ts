/** Definitions into the catalog's nouns, with Consul's default ids, names and addresses. Pure. */
import { isIPv4, isIPv6 } from "../../lib/ip-text.ts";
import type { HealthCheck } from "../../model/check.ts";
import type { ServiceDefinition, SidecarDefinition } from "../../model/definition.ts";
import type { CheckDefinition, CheckRun, ServiceCheckDefinition } from "../../model/definition-check.ts";
import type { ProxyDefinition } from "../../model/definition-proxy.ts";
import { proxyShape } from "../../model/proxy-shape.ts";
import type { NodeService } from "../../model/service.ts";
import { checkType } from "../checks/kind.ts";

/** A check of this node: its result as the catalog keeps it, and how it is run. */
export interface PlannedCheck {
  check: HealthCheck;
  run: CheckRun;
}

/** The service that a definition stands for. */
export function buildService(definition: ServiceDefinition | SidecarDefinition): NodeService {
  const tagged = taggedAddresses(definition);
  return {
    ...(definition.Kind === "" ? {} : { Kind: definition.Kind }),
    ID: definition.ID || definition.Name,
    Service: definition.Name,
    Tags: definition.Tags,
    Address: definition.Address,
    ...(Object.keys(tagged).length === 0 ? {} : { TaggedAddresses: tagged }),
    Meta: definition.Meta,
    Port: definition.Port,
    Weights: definition.Weights ?? { Passing: 1, Warning: 1 },
    EnableTagOverride: definition.EnableTagOverride,
    Proxy: buildProxy(definition.Proxy),
    Connect: definition.Connect?.Native ? { Native: true } : {},
    CreateIndex: 0,
    ModifyIndex: 0,
  };
}

/** An IP address of the service is also its LAN and WAN address of that family, unless the definition says otherwise. */
function taggedAddresses(definition: ServiceDefinition | SidecarDefinition): Record<string, ServiceAddress> {
  const { Address, Port } = definition;
  const own: Record<string, ServiceAddress> = {};
  const family = isIPv4(Address) ? "ipv4" : isIPv6(Address) ? "ipv6" : undefined;
  if (family !== undefined) {
    own[`lan_${family}`] = { Address, Port };
    own[`wan_${family}`] = { Address, Port };
  }
  const all = { ...own, ...definition.TaggedAddresses };
  return Object.fromEntries(Object.entries(all).sort(([a], [b]) => (a < b ? -1 : 1)));
}

type ServiceAddress = { Address: string; Port: number };

/** The catalog's shape of a proxy; an upstream that doesn't say what it is, is a service. */
function buildProxy(proxy: ProxyDefinition | null): Record<string, unknown> {
  const Upstreams = proxy?.Upstreams?.map((upstream) => ({
    ...upstream,
    DestinationType: upstream.DestinationType || "service",
  }));
  return proxyShape(proxy && { ...proxy, Upstreams: Upstreams ?? null });
}

/** The checks inside a service's definition, `Check` first; an all-empty `Check` is none. */
export function checksOf(definition: ServiceDefinition | SidecarDefinition): ServiceCheckDefinition[] {
  const first = definition.Check;
  return [...(first === null || isEmptyCheck(first) ? [] : [first]), ...(definition.Checks ?? [])];
}

function isEmptyCheck(check: ServiceCheckDefinition): boolean {
  return Object.values(check).every((value) => value === "" || value === 0 || value === false || value === null);
}

/** Checks of a service: one alone is `service:<id>`, several are `service:<id>:<n>` counted from 1 over all of them. */
export function buildServiceChecks(
  node: string,
  service: NodeService,
  definitions: readonly ServiceCheckDefinition[],
): PlannedCheck[] {
  return definitions.map((definition, at) => {
    const { CheckID, ...run } = definition;
    const auto = definitions.length === 1 ? `service:${service.ID}` : `service:${service.ID}:${at + 1}`;
    const name = definition.Name || `Service '${service.Service}' check`;
    return planCheck(node, CheckID || auto, name, run, service);
  });
}

/** A check of its own; `service` is the one it belongs to, if any. */
export function buildCheck(node: string, definition: CheckDefinition, service: NodeService | undefined): PlannedCheck {
  const { ID, ServiceID: _serviceId, Token: _token, ...run } = definition;
  return planCheck(node, ID || definition.Name, definition.Name, run, service);
}

function planCheck(
  node: string,
  id: string,
  name: string,
  run: CheckRun,
  service: NodeService | undefined,
): PlannedCheck {
  const check: HealthCheck = {
    Node: node,
    CheckID: id,
    Name: name,
    Status: run.Status || "critical",
    Notes: run.Notes,
    Output: "",
    ServiceID: service?.ID ?? "",
    ServiceName: service?.Service ?? "",
    ServiceTags: service?.Tags ?? [],
    Type: checkType(run),
    Definition: {},
    CreateIndex: 0,
    ModifyIndex: 0,
  };
  return { check, run };
}
