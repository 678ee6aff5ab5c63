import { ACCEPTED, int, section, string, strings } from "./key.ts";

const ADDRESS = "An address, an interface's name, a CIDR or a `{{ }}` template.";

/** Where the agent listens and what it tells others. */
export const NETWORK_KEYS = {
  bind_addr: string("0.0.0.0", `Address for cluster traffic. ${ADDRESS}`, { flag: "bind" }),
  client_addr: string("127.0.0.1", `Addresses for HTTP, DNS and gRPC, separated by blanks. ${ADDRESS}`, {
    flag: "client",
  }),
  advertise_addr: string(
    "",
    `Address that others reach this node at. ${ADDRESS} Default: bind_addr, or the private one that the default route leaves by.`,
    {
      flag: "advertise",
    },
  ),
  advertise_addr_ipv4: string("", "IPv4 address to publish beside advertise_addr."),
  advertise_addr_ipv6: string("", "IPv6 address to publish beside advertise_addr."),
  advertise_addr_wan: string(
    "",
    `Address that other datacenters reach this node at. ${ADDRESS} Default: advertise_addr.`,
    {
      flag: "advertise-wan",
    },
  ),
  advertise_addr_wan_ipv4: string("", "IPv4 address to publish beside advertise_addr_wan."),
  advertise_addr_wan_ipv6: string("", "IPv6 address to publish beside advertise_addr_wan.", { since: "1.9" }),
  serf_lan: string("", `Address for gossip within the datacenter. ${ADDRESS} Default: bind_addr.`, {
    flag: "serf-lan-bind",
  }),
  serf_wan: string("", `Address for gossip between datacenters. ${ADDRESS} Default: bind_addr.`, {
    flag: "serf-wan-bind",
  }),
  serf_lan_allowed_cidrs: strings("Networks that may gossip within the datacenter. Default: all.", {
    flag: "serf-lan-allowed-cidrs",
  }),
  serf_wan_allowed_cidrs: strings("Networks that may gossip between datacenters. Default: all.", {
    flag: "serf-wan-allowed-cidrs",
  }),
  addresses: section(
    "Addresses of single interfaces; the default is client_addr. `unix://path` works for http and https.",
    {
      dns: string("", "Addresses for DNS."),
      http: string("", "Addresses for HTTP."),
      https: string("", "Addresses for HTTPS."),
      grpc: string("", "Addresses for gRPC.", ACCEPTED),
      grpc_tls: string("", "Addresses for gRPC over TLS.", { since: "1.14", ...ACCEPTED }),
    },
  ),
  unix_sockets: section("Owner and mode of Unix sockets.", {
    user: string("", "User id or name.", ACCEPTED),
    group: string("", "Group id or name.", ACCEPTED),
    mode: string("", "Mode in octal digits."),
  }),
  ports: section("Ports; -1 or 0 turns a listener off.", {
    dns: int(8600, "DNS, TCP and UDP.", { flag: "dns-port" }),
    http: int(8500, "HTTP.", { flag: "http-port" }),
    https: int(-1, "HTTPS.", { flag: "https-port" }),
    grpc: int(-1, "gRPC.", { flag: "grpc-port", ...ACCEPTED }),
    grpc_tls: int(-1, "gRPC over TLS.", { since: "1.14", ...ACCEPTED }),
    serf_lan: int(8301, "Gossip within the datacenter, TCP and UDP. It can't be turned off.", {
      flag: "serf-lan-port",
    }),
    serf_wan: int(
      8302,
      "Gossip between the servers of all datacenters, TCP and UDP. Only servers open it; -1 keeps a datacenter to itself.",
      {
        flag: "serf-wan-port",
      },
    ),
    server: int(8300, "Traffic between servers.", { flag: "server-port" }),
    sidecar_min_port: int(21000, "First port given to sidecars."),
    sidecar_max_port: int(21255, "Last port given to sidecars."),
    expose_min_port: int(21500, "First port for exposed checks.", ACCEPTED),
    expose_max_port: int(21755, "Last port for exposed checks.", ACCEPTED),
    proxy_min_port: int(0, "Without effect since Consul 1.3.", ACCEPTED),
    proxy_max_port: int(0, "Without effect since Consul 1.3.", ACCEPTED),
  }),
};
