import type { ConfigEntry } from "../../model/config-entry/config-entry.ts";
import type { IngressGateway, TerminatingGateway } from "../../model/config-entry/gateways.ts";
import { ALL_SERVICES, type GatewayService } from "../../model/gateway-service.ts";
import { filled } from "../../model/proxy-shape.ts";

/** What stands in a gateway's entry of one service, or of all for `*`. */
export type GatewayLink = Omit<GatewayService, "CreateIndex" | "ModifyIndex">;
export type GatewayEntry = IngressGateway | TerminatingGateway;

/** A gateway's entry; undefined for those of other kinds. */
export function gatewayEntryOf(entry: ConfigEntry | undefined): GatewayEntry | undefined {
  return entry?.Kind === "ingress-gateway" || entry?.Kind === "terminating-gateway" ? entry : undefined;
}

/** As the entry has them; of two for the same service and port the later one counts. */
export function linksOf(entry: GatewayEntry): GatewayLink[] {
  const links = entry.Kind === "ingress-gateway" ? ingressLinks(entry) : terminatingLinks(entry);
  return [...new Map(links.map((link) => [linkKey(link), link])).values()];
}

/**
 * The links of an entry where these services are registered. What the entry says of a service by name wins over what it says of
 * all (in Consul 1.8.7 it does until the service is registered once more).
 */
export function linksAmong(entry: GatewayEntry, registered: readonly string[]): GatewayLink[] {
  const links = linksOf(entry);
  const named = new Set(links.map(linkKey));
  const followed = links
    .filter(({ Service }) => Service.Name === ALL_SERVICES)
    .flatMap((link) => registered.map((service) => followedLink(link, service)))
    .filter((link) => !named.has(linkKey(link)));
  return [...links, ...followed];
}

/** What the link of all services says of a registered one. */
export function followedLink(link: GatewayLink, service: string): GatewayLink {
  return { ...link, Service: { Name: service }, FromWildcard: true };
}

function ingressLinks({ Kind, Name, Listeners }: IngressGateway): GatewayLink[] {
  return (Listeners ?? []).flatMap(({ Port, Protocol, Services }) =>
    (Services ?? []).map((service) => ({
      Gateway: { Name },
      Service: { Name: service.Name },
      GatewayKind: Kind,
      ...filled({ Port, Protocol, Hosts: service.Hosts }),
    })),
  );
}

function terminatingLinks({ Kind, Name, Services }: TerminatingGateway): GatewayLink[] {
  return (Services ?? []).map(({ Name: service, CAFile, CertFile, KeyFile, SNI }) => ({
    Gateway: { Name },
    Service: { Name: service },
    GatewayKind: Kind,
    ...filled({ CAFile, CertFile, KeyFile, SNI }),
  }));
}

const linkKey = ({ Service, Port = 0 }: GatewayLink) => `${Port} ${Service.Name.toLowerCase()}`;

/** Keys of a link's row. */
export function keysOf(link: GatewayLink) {
  return {
    gatewayKey: link.Gateway.Name.toLowerCase(),
    kind: link.GatewayKind,
    serviceKey: link.Service.Name.toLowerCase(),
    port: link.Port ?? 0,
    fromWildcard: link.FromWildcard === true,
  };
}

/** A link with its place in the log, its fields in Consul's order. */
export function gatewayServiceOf(link: GatewayLink, createIndex: number, modifyIndex: number): GatewayService {
  const { FromWildcard, ...rest } = link;
  return {
    ...rest,
    ...(FromWildcard === true ? { FromWildcard } : {}),
    CreateIndex: createIndex,
    ModifyIndex: modifyIndex,
  };
}
