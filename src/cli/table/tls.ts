import type { FlagSpec } from "../../lang/goflags.ts";
import { command, group } from "../command.ts";

export const TLS_CA_FLAGS = [
  {
    name: "additional-name-constraint",
    kind: "strings",
    doc: "A further DNS name to allow, with -name-constraint. May be repeated.",
  },
  {
    name: "cluster-id",
    kind: "string",
    default: "",
    doc: "Put the SPIFFE ID of this cluster and -domain into the certificate, as a service mesh expects it of its authority.",
  },
  {
    name: "common-name",
    kind: "string",
    default: "",
    doc: "Common name of the authority; made from its serial number.",
  },
  { name: "days", kind: "int", default: 1825, doc: "For how many days from now the certificate is good." },
  { name: "domain", kind: "string", default: "consul", doc: "Domain of the cluster; the files are called after it." },
  {
    name: "name-constraint",
    kind: "bool",
    default: false,
    doc: "Let the authority vouch for nothing but -domain, localhost and each -additional-name-constraint. That can't be changed afterwards: the name that the UI is reached by belongs to them.",
  },
] as const satisfies readonly FlagSpec[];

export const TLS_CERT_FLAGS = [
  { name: "additional-dnsname", kind: "strings", doc: "A further DNS name of the holder. May be repeated." },
  { name: "additional-ipaddress", kind: "strings", doc: "A further IP address of the holder. May be repeated." },
  {
    name: "ca",
    kind: "string",
    default: "#DOMAIN#-agent-ca.pem",
    doc: "PEM file of the authority's certificate.",
  },
  { name: "cli", kind: "bool", default: false, doc: "Make a certificate for command lines." },
  { name: "client", kind: "bool", default: false, doc: "Make a certificate for client agents." },
  { name: "days", kind: "int", default: 365, doc: "For how many days from now the certificate is good." },
  { name: "dc", kind: "string", default: "dc1", doc: "Datacenter of the holder." },
  { name: "domain", kind: "string", default: "consul", doc: "Domain of the cluster." },
  {
    name: "key",
    kind: "string",
    default: "#DOMAIN#-agent-ca-key.pem",
    doc: "PEM file of the authority's key.",
  },
  {
    name: "node",
    kind: "string",
    default: "",
    doc: "Name of the one server that holds it, as a further name <node>.server.<dc>.<domain>.",
  },
  { name: "server", kind: "bool", default: false, doc: "Make a certificate for servers." },
] as const satisfies readonly FlagSpec[];

/** Commands that make certificates, without an agent. */
export const tlsCommands = [
  group({
    path: "tls",
    synopsis: "Make an authority and certificates",
    about: [
      "Makes what agents need to speak TLS with each other: an authority of your own and the certificates that it signs.",
    ],
    examples: [
      { why: "Make the authority:", line: "tls ca create" },
      { why: "Make a certificate for a server:", line: "tls cert create -server" },
      { why: "Make one for client agents:", line: "tls cert create -client" },
    ],
  }),
  group({
    path: "tls ca",
    synopsis: "Make an authority",
    about: ["Makes an authority that signs certificates of agents."],
    examples: [{ why: "Make the authority:", line: "tls ca create" }],
  }),
  command({
    path: "tls ca create",
    synopsis: "Make a new authority",
    usage: "[options]",
    about: [
      "Writes the certificate and the key of a new authority into the working directory. The key is readable only by its owner: whoever has it can become a server. Files that are there already are not touched.",
    ],
    examples: [{ why: "One that vouches for nothing but the cluster:", line: "tls ca create -name-constraint" }],
    http: "none",
    flags: TLS_CA_FLAGS,
    load: () => import("../tls-ca-create.ts"),
  }),
  group({
    path: "tls cert",
    synopsis: "Make certificates",
    about: ["Makes certificates of agents and command lines, signed by an authority of `{program} tls ca create`."],
    examples: [{ why: "Make a certificate for a server:", line: "tls cert create -server" }],
  }),
  command({
    path: "tls cert create",
    synopsis: "Make a new certificate",
    usage: "[options]",
    about: [
      "Writes a new key and a certificate for it into the working directory, under the next free number. One of -server, -client and -cli says what for.",
      "The certificate of a server lets its holder become a server, which sees all data of the cluster. Give it to servers alone.",
    ],
    examples: [
      { why: "For a server of another datacenter:", line: "tls cert create -server -dc=eu" },
      { why: "With a name of your own:", line: "tls cert create -client -additional-dnsname=registry.example.com" },
    ],
    http: "none",
    flags: TLS_CERT_FLAGS,
    load: () => import("../tls-cert-create.ts"),
  }),
];
