import { bool, int, listOf, mapOf, string, struct } from "../field-spec.ts";

/** Parts that a service shows under its own names and, in `catalog/service`, with the prefix `Service`. */
export const CONNECT_FIELDS = struct({ Native: bool });
export const WEIGHTS_FIELDS = struct({ Passing: int, Warning: int });
export const SERVICE_ADDRESSES_FIELDS = mapOf(struct({ Address: string, Port: int }));

const MESH_GATEWAY = struct({ Mode: string });

export const PROXY_FIELDS = struct({
  DestinationServiceName: string,
  DestinationServiceID: string,
  LocalServiceAddress: string,
  LocalServicePort: int,
  Upstreams: listOf(
    struct({
      DestinationType: string,
      DestinationNamespace: string,
      DestinationName: string,
      Datacenter: string,
      LocalBindAddress: string,
      LocalBindPort: int,
      MeshGateway: MESH_GATEWAY,
    }),
  ),
  MeshGateway: MESH_GATEWAY,
  Expose: struct({
    Checks: bool,
    Paths: listOf(
      struct({ ListenerPort: int, Path: string, LocalPathPort: int, Protocol: string, ParsedFromCheck: bool }),
    ),
  }),
});
