import type { FlagSpec } from "../lang/goflags.ts";

/** Flags of every command that asks an agent. Each also has an environment variable, CONSUL_… or MUSTER_…. */
export const CLIENT_FLAGS = [
  {
    name: "ca-file",
    kind: "string",
    nullable: true,
    doc: "PEM file of the authority that signed the agent's certificate. Environment: CONSUL_CACERT.",
  },
  {
    name: "ca-path",
    kind: "string",
    nullable: true,
    doc: "Directory of PEM files of such authorities. Environment: CONSUL_CAPATH.",
  },
  {
    name: "client-cert",
    kind: "string",
    nullable: true,
    doc: "PEM file of the certificate to show to an agent with 'verify_incoming'. Environment: CONSUL_CLIENT_CERT.",
  },
  {
    name: "client-key",
    kind: "string",
    nullable: true,
    doc: "PEM file of that certificate's key. Environment: CONSUL_CLIENT_KEY.",
  },
  {
    name: "http-addr",
    kind: "string",
    nullable: true,
    placeholder: "address",
    doc: "Address and port of the agent's HTTP API: host:port, http://host:port, https://host:port or unix:///path. The default is http://127.0.0.1:8500. Environment: CONSUL_HTTP_ADDR, and CONSUL_HTTP_SSL=true for HTTPS.",
  },
  {
    name: "tls-server-name",
    kind: "string",
    nullable: true,
    doc: "Name to expect in the agent's certificate. Environment: CONSUL_TLS_SERVER_NAME.",
  },
  {
    name: "token",
    kind: "string",
    nullable: true,
    doc: "Access token of the request; without one the agent's own default token counts. Environment: CONSUL_HTTP_TOKEN.",
  },
  {
    name: "token-file",
    kind: "string",
    nullable: true,
    doc: "File that holds the access token. Environment: CONSUL_HTTP_TOKEN_FILE.",
  },
] as const satisfies readonly FlagSpec[];

/** Flags of every command whose question a server answers. */
export const SERVER_FLAGS = [
  { name: "datacenter", kind: "string", nullable: true, doc: "Datacenter to ask; the agent's own when absent." },
  {
    name: "stale",
    kind: "bool",
    nullable: true,
    doc: "Let any server answer, not only the leader: faster, perhaps not the newest. Writes are not affected.",
  },
] as const satisfies readonly FlagSpec[];

/** Namespaces don't exist in the free Consul, which takes the flag and sends nothing. */
export const NAMESPACE_FLAG = {
  name: "namespace",
  kind: "string",
  nullable: true,
  placeholder: "default",
  doc: "Accepted for scripts that give it; there is only the default namespace.",
} as const satisfies FlagSpec;

export const FORMAT_FLAG = {
  name: "format",
  kind: "string",
  default: "pretty",
  placeholder: "pretty|json",
  doc: "Print for people (pretty) or for programs (json).",
} as const satisfies FlagSpec;
