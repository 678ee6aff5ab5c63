import { Refusal } from "../../lib/refusal.ts";
import { ServiceDefinition, type SidecarDefinition } from "../../model/definition.ts";
import { ServiceCheckDefinition } from "../../model/definition-check.ts";
import { ProxyDefinition } from "../../model/definition-proxy.ts";
import type { NodeService } from "../../model/service.ts";

const LISTENING_CHECK_INTERVAL_NS = 10e9;

/** Ports that sidecars without one get, `min` to `max` inclusive; below 1 means that none is given. */
export interface SidecarPorts {
  min: number;
  max: number;
}

/** The id of a service's sidecar. */
export const sidecarId = (serviceId: string) => `${serviceId}-sidecar-proxy`;

/**
 * The sidecar of a service as a definition of its own: whatever it leaves open comes from its parent. `taken` are the
 * ports of the other services of this node; `before` is the port it had so far. Throws a Refusal (400) when no port is left.
 */
export function sidecarOf(
  parent: NodeService,
  sidecar: SidecarDefinition,
  ports: SidecarPorts,
  taken: ReadonlySet<number>,
  before: number | undefined,
): ServiceDefinition {
  const port = sidecar.Port >= 1 ? sidecar.Port : (before ?? freePort(ports, taken));
  const proxy = sidecar.Proxy ?? ProxyDefinition.parse({});
  const localAddress = proxy.LocalServiceAddress || "127.0.0.1";
  const hasOwnChecks = sidecar.Check !== null || (sidecar.Checks?.length ?? 0) > 0;
  return ServiceDefinition.parse({
    ...sidecar,
    Connect: null,
    Kind: sidecar.Kind || "connect-proxy",
    ID: sidecarId(parent.ID),
    Name: sidecar.Name || `${parent.Service}-sidecar-proxy`,
    Tags: sidecar.Tags ?? parent.Tags,
    Meta: sidecar.Meta ?? parent.Meta,
    Address: sidecar.Address || parent.Address,
    Port: port,
    Proxy: {
      ...proxy,
      DestinationServiceName: proxy.DestinationServiceName || parent.Service,
      DestinationServiceID: proxy.DestinationServiceID || parent.ID,
      LocalServiceAddress: localAddress,
      LocalServicePort: proxy.LocalServicePort >= 1 ? proxy.LocalServicePort : Math.max(parent.Port, 0),
    },
    Checks: hasOwnChecks ? sidecar.Checks : defaultChecks(parent.ID, localAddress, port),
  });
}

function defaultChecks(parentId: string, address: string, port: number): ServiceCheckDefinition[] {
  const host = address.includes(":") ? `[${address}]` : address;
  return [
    ServiceCheckDefinition.parse({
      Name: "Connect Sidecar Listening",
      TCP: `${host}:${port}`,
      Interval: LISTENING_CHECK_INTERVAL_NS,
    }),
    ServiceCheckDefinition.parse({ Name: `Connect Sidecar Aliasing ${parentId}`, AliasService: parentId }),
  ];
}

function freePort(ports: SidecarPorts, taken: ReadonlySet<number>): number {
  const refuse = (why: string) =>
    new Refusal(`Invalid SidecarService: no port provided for sidecar_service and ${why}`, 400);
  if (ports.min < 1 || ports.max < 1) throw refuse("auto-assignment disabled in config");
  for (let port = ports.min; port <= ports.max; port++) if (!taken.has(port)) return port;
  throw refuse(`none left in the configured range [${ports.min}, ${ports.max}]`);
}
