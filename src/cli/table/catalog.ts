import type { FlagSpec } from "../../lang/goflags.ts";
import { command, group } from "../command.ts";
import { FORMAT_FLAG, NAMESPACE_FLAG } from "../common-flags.ts";

const NODE_META_FLAG = {
  name: "node-meta",
  kind: "map",
  placeholder: "key=value",
  doc: "Only nodes with this metadata. Repeat it for more pairs; all of them must match.",
} as const satisfies FlagSpec;

export const CATALOG_DATACENTERS_FLAGS = [FORMAT_FLAG] as const satisfies readonly FlagSpec[];

export const CATALOG_NODES_FLAGS = [
  NODE_META_FLAG,
  FORMAT_FLAG,
  { name: "detailed", kind: "bool", default: false, doc: "Print whole IDs, further addresses and metadata too." },
  { name: "filter", kind: "string", default: "", doc: "Only nodes that this filter expression selects." },
  {
    name: "near",
    kind: "string",
    default: "",
    doc: "Sort by estimated round trip time from this node; _agent is the node of the agent that is asked.",
  },
  {
    name: "service",
    kind: "string",
    default: "",
    placeholder: "id or name",
    doc: "Only nodes that have this service.",
  },
] as const satisfies readonly FlagSpec[];

export const CATALOG_SERVICES_FLAGS = [
  NODE_META_FLAG,
  NAMESPACE_FLAG,
  FORMAT_FLAG,
  { name: "node", kind: "string", default: "", placeholder: "id or name", doc: "Only the services of this node." },
  { name: "tags", kind: "bool", default: false, doc: "Print the tags of each service in a second column." },
] as const satisfies readonly FlagSpec[];

export const catalogCommands = [
  group({
    path: "catalog",
    synopsis: "Look into the catalog of a datacenter",
    about: ["Shows what the whole datacenter has. For what the local agent has, see `{program} services`."],
    examples: [
      { why: "List the datacenters:", line: "catalog datacenters" },
      { why: "List the nodes:", line: "catalog nodes" },
      { why: "List the services:", line: "catalog services" },
    ],
  }),
  command({
    path: "catalog datacenters",
    synopsis: "List the datacenters",
    usage: "[options]",
    about: ["Prints the names of all datacenters that the agent knows, one on a line, the nearest first."],
    http: "server",
    flags: CATALOG_DATACENTERS_FLAGS,
    load: () => import("../catalog-datacenters.ts"),
  }),
  command({
    path: "catalog nodes",
    synopsis: "List the nodes of a datacenter",
    usage: "[options]",
    about: ["Prints the nodes of a datacenter."],
    examples: [
      { why: "Nodes that have a service:", line: "catalog nodes -service redis" },
      { why: "Nodes in a rack, the nearest first:", line: "catalog nodes -node-meta rack=r1 -near _agent" },
    ],
    http: "server",
    flags: CATALOG_NODES_FLAGS,
    load: () => import("../catalog-nodes.ts"),
  }),
  command({
    path: "catalog services",
    synopsis: "List the services of a datacenter",
    usage: "[options]",
    about: ["Prints the names of the services of a datacenter or of one of its nodes."],
    examples: [{ why: "Services of a node with their tags:", line: "catalog services -node worker-01 -tags" }],
    http: "server",
    flags: CATALOG_SERVICES_FLAGS,
    load: () => import("../catalog-services.ts"),
  }),
];
