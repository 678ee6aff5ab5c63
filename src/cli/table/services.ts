import type { FlagSpec } from "../../lang/goflags.ts";
import { command, group } from "../command.ts";
import { FORMAT_FLAG, NAMESPACE_FLAG } from "../common-flags.ts";

export const SERVICES_REGISTER_FLAGS = [
  NAMESPACE_FLAG,
  { name: "address", kind: "string", default: "", doc: "The service's own address; the node's when absent." },
  { name: "id", kind: "string", default: "", doc: "The service's ID on its agent; the name when absent." },
  { name: "kind", kind: "string", default: "", doc: "Kind of the service, such as connect-proxy." },
  { name: "meta", kind: "map", doc: "Metadata as key=value. May be repeated." },
  { name: "name", kind: "string", default: "", doc: "The service's name. Needed when no file is given." },
  { name: "port", kind: "int", default: 0, doc: "The service's port." },
  { name: "socket", kind: "string", default: "", doc: "Path of the service's Unix socket, in place of a port." },
  { name: "tag", kind: "strings", doc: "A tag. May be repeated." },
  { name: "tagged-address", kind: "map", doc: "A further address as tag=host:port. May be repeated." },
] as const satisfies readonly FlagSpec[];

export const SERVICES_DEREGISTER_FLAGS = [
  NAMESPACE_FLAG,
  { name: "id", kind: "string", default: "", doc: "ID of the service to remove." },
] as const satisfies readonly FlagSpec[];

export const SERVICES_EXPORT_FLAGS = [
  {
    name: "consumer-peers",
    kind: "string",
    default: "",
    placeholder: "names",
    doc: "Names of the clusters that may use the service, with commas between them.",
  },
  { name: "name", kind: "string", default: "", doc: "Name of the service." },
] as const satisfies readonly FlagSpec[];

export const SERVICES_EXPORTED_FLAGS = [FORMAT_FLAG] as const satisfies readonly FlagSpec[];

export const servicesCommands = [
  group({
    path: "services",
    synopsis: "Change the services of the local agent",
    about: ["Changes the services of the local agent. For those of the whole datacenter, see `{program} catalog`."],
  }),
  command({
    path: "services register",
    synopsis: "Register services",
    usage: "[options] [FILE...]",
    about: ["Registers the services that files define, or one that the flags describe."],
    examples: [
      { why: "From a file:", line: "services register web.json" },
      { why: "From flags:", line: "services register -name=web -port=8080 -tag=v1" },
    ],
    http: "server",
    flags: SERVICES_REGISTER_FLAGS,
    load: () => import("../services-register.ts"),
  }),
  command({
    path: "services deregister",
    synopsis: "Remove services",
    usage: "[options] [FILE...]",
    about: ["Removes the services that files define, or the one with the given ID, from the local agent."],
    examples: [
      { why: "By a file:", line: "services deregister web.json" },
      { why: "By its ID:", line: "services deregister -id=web-1" },
    ],
    http: "server",
    flags: SERVICES_DEREGISTER_FLAGS,
    load: () => import("../services-deregister.ts"),
  }),
  command({
    path: "services export",
    synopsis: "Say that other clusters may use a service",
    usage: "[options]",
    about: [
      "Adds clusters to those that may use a service, in the config entry exported-services. It is kept for clusters that read it; none is connected by it.",
    ],
    examples: [{ why: "For two clusters:", line: "services export -name=web -consumer-peers=east,west" }],
    http: "server",
    flags: SERVICES_EXPORT_FLAGS,
    load: () => import("../services-export.ts"),
  }),
  command({
    path: "services exported-services",
    synopsis: "List the services that other clusters may use",
    usage: "[options]",
    about: ["Prints what the config entry exported-services says: which services, and which clusters may use them."],
    http: "server",
    flags: SERVICES_EXPORTED_FLAGS,
    load: () => import("../services-exported-services.ts"),
  }),
];
