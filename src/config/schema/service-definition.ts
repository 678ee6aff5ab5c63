import { CHECK_DEFINITION } from "./check-definition.ts";
import {
  anyMap,
  bool,
  definition,
  definitionList,
  definitionMap,
  int,
  type Section,
  string,
  stringMap,
  strings,
} from "./key.ts";

const MESH_GATEWAY: Section = { mode: string("", "`none`, `local` or `remote`.", { api: "Mode" }) };

const UPSTREAM: Section = {
  destination_type: string("", "`service` or `prepared_query`.", { api: "DestinationType" }),
  destination_namespace: string("", "Enterprise only.", { api: "DestinationNamespace" }),
  destination_name: string("", "Name of the service or query.", { api: "DestinationName" }),
  destination_peer: string("", "Name of a peer.", { api: "DestinationPeer", since: "1.13" }),
  datacenter: string("", "Its datacenter.", { api: "Datacenter" }),
  local_bind_address: string("", "Address to listen at.", { api: "LocalBindAddress" }),
  local_bind_port: int(0, "Port to listen at.", { api: "LocalBindPort" }),
  local_bind_socket_path: string("", "Socket to listen at.", { api: "LocalBindSocketPath", since: "1.10" }),
  local_bind_socket_mode: string("", "Its mode.", { api: "LocalBindSocketMode", since: "1.10" }),
  config: anyMap("Settings of the proxy for it.", { api: "Config" }),
  mesh_gateway: definition("Gateway for it.", () => MESH_GATEWAY, { api: "MeshGateway" }),
};

const EXPOSE_PATH: Section = {
  path: string("", "Path to expose.", { api: "Path" }),
  local_path_port: int(0, "The service's port.", { api: "LocalPathPort" }),
  listener_port: int(0, "Port to expose it at.", { api: "ListenerPort" }),
  protocol: string("", "`http` or `http2`.", { api: "Protocol" }),
};

const EXPOSE: Section = {
  checks: bool(false, "Expose the paths of checks.", { api: "Checks" }),
  paths: definitionList("Paths to expose.", () => EXPOSE_PATH, { api: "Paths" }),
};

const PROXY: Section = {
  destination_service_name: string("", "Service that it stands for.", { api: "DestinationServiceName" }),
  destination_service_id: string("", "Instance that it stands for.", { api: "DestinationServiceID" }),
  local_service_address: string("", "Address of that instance.", { api: "LocalServiceAddress" }),
  local_service_port: int(0, "Port of that instance.", { api: "LocalServicePort" }),
  local_service_socket_path: string("", "Socket of that instance.", { api: "LocalServiceSocketPath", since: "1.10" }),
  mode: string("", "`direct` or `transparent`.", { api: "Mode", since: "1.10" }),
  transparent_proxy: definition(
    "Settings of a transparent proxy.",
    () => ({
      outbound_listener_port: int(0, "Port for what goes out.", { api: "OutboundListenerPort" }),
      dialed_directly: bool(false, "Instances may be called without the mesh.", { api: "DialedDirectly" }),
    }),
    { api: "TransparentProxy", since: "1.10" },
  ),
  config: anyMap("Settings of the proxy.", { api: "Config" }),
  upstreams: definitionList("Services that it reaches.", () => UPSTREAM, { api: "Upstreams" }),
  mesh_gateway: definition("Gateway for all upstreams.", () => MESH_GATEWAY, { api: "MeshGateway" }),
  expose: definition("Paths outside the mesh.", () => EXPOSE, { api: "Expose" }),
};

const ADDRESS: Section = {
  address: string("", "Address.", { api: "Address" }),
  port: int(0, "Port.", { api: "Port" }),
};

const WEIGHTS: Section = {
  passing: int(1, "Weight of a passing instance.", { api: "Passing" }),
  warning: int(1, "Weight of an instance with a warning.", { api: "Warning" }),
};

const CONNECT: Section = {
  native: bool(false, "It speaks the mesh's protocol itself.", { api: "Native" }),
  sidecar_service: definition("Its sidecar.", () => SERVICE_DEFINITION, { api: "SidecarService" }),
};

/** A service in a file. `api` names its field in the HTTP API's definition, which is what the Config holds. */
export const SERVICE_DEFINITION: Section = {
  kind: string("", "Kind of proxy or gateway.", { api: "Kind" }),
  id: string("", "Id. Default: the name.", { api: "ID" }),
  name: string("", "Name.", { api: "Name" }),
  tags: strings("Tags.", { api: "Tags" }),
  address: string("", "Address. Default: the node's.", { api: "Address" }),
  tagged_addresses: definitionMap("Addresses by purpose, such as `wan`.", () => ADDRESS, { api: "TaggedAddresses" }),
  meta: stringMap("Facts about it.", { api: "Meta" }),
  port: int(0, "Port.", { api: "Port" }),
  socket_path: string("", "Socket.", { api: "SocketPath", since: "1.10" }),
  check: definition("A check.", () => CHECK_DEFINITION, { api: "Check" }),
  checks: definitionList("Checks.", () => CHECK_DEFINITION, { api: "Checks" }),
  token: string("", "Token for registering it.", { api: "Token" }),
  weights: definition("Weights in DNS answers.", () => WEIGHTS, { api: "Weights" }),
  enable_tag_override: bool(false, "Let the catalog change its tags.", { api: "EnableTagOverride" }),
  proxy: definition("Settings of a proxy.", () => PROXY, { api: "Proxy" }),
  connect: definition("The mesh.", () => CONNECT, { api: "Connect" }),
};
