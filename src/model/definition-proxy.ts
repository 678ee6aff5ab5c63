import { z } from "zod";
import { alias, goBool, goInt, goString } from "./go-decode.ts";

const Opaque = z.record(z.string(), z.unknown()).nullable().default(null);

const MeshGateway = z.object({ Mode: goString() }).meta({ go: { type: "structs.MeshGatewayConfig" } });
const meshGateway = () => alias(MeshGateway.nullable().default(null), "mesh_gateway");

/** A service that a proxy reaches for its own one. */
export const UpstreamDefinition = z
  .object({
    DestinationType: alias(goString(), "destination_type"),
    DestinationNamespace: alias(goString(), "destination_namespace"),
    DestinationName: alias(goString(), "destination_name"),
    DestinationPeer: alias(goString(), "destination_peer"),
    Datacenter: goString(),
    LocalBindAddress: alias(goString(), "local_bind_address"),
    LocalBindPort: alias(goInt(), "local_bind_port"),
    LocalBindSocketPath: alias(goString(), "local_bind_socket_path"),
    LocalBindSocketMode: alias(goString(), "local_bind_socket_mode"),
    Config: Opaque,
    MeshGateway: meshGateway(),
  })
  .meta({ go: { type: "structs.Upstream" } });
export type UpstreamDefinition = z.infer<typeof UpstreamDefinition>;

const ExposePath = z.object({
  ListenerPort: alias(goInt(), "listener_port"),
  Path: goString(),
  LocalPathPort: alias(goInt(), "local_path_port"),
  Protocol: goString(),
  ParsedFromCheck: goBool(),
});

/** Settings of a Connect proxy or gateway. */
export const ProxyDefinition = z
  .object({
    DestinationServiceName: alias(goString(), "destination_service_name"),
    DestinationServiceID: alias(goString(), "destination_service_id"),
    LocalServiceAddress: alias(goString(), "local_service_address"),
    LocalServicePort: alias(goInt(), "local_service_port"),
    LocalServiceSocketPath: alias(goString(), "local_service_socket_path"),
    Mode: goString(),
    TransparentProxy: alias(
      z
        .object({
          OutboundListenerPort: alias(goInt(), "outbound_listener_port"),
          DialedDirectly: alias(goBool(), "dialed_directly"),
        })
        .nullable()
        .default(null),
      "transparent_proxy",
    ),
    Config: Opaque,
    Upstreams: z.array(UpstreamDefinition).nullable().default(null),
    MeshGateway: meshGateway(),
    Expose: z
      .object({ Checks: goBool(), Paths: z.array(ExposePath).nullable().default(null) })
      .nullable()
      .default(null),
  })
  .meta({ go: { type: "structs.ConnectProxyConfig" } });
export type ProxyDefinition = z.infer<typeof ProxyDefinition>;
