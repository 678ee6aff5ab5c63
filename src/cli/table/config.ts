import type { FlagSpec } from "../../lang/goflags.ts";
import { command, group } from "../command.ts";
import { FORMAT_FLAG, NAMESPACE_FLAG } from "../common-flags.ts";

const CAS_FLAGS = [
  {
    name: "cas",
    kind: "bool",
    default: false,
    doc: "Only when nobody has changed the entry since the index that -modify-index says; 0 means only when there is none.",
  },
  { name: "modify-index", kind: "uint", default: 0n, doc: "The entry's ModifyIndex as it was read, for -cas." },
] as const satisfies readonly FlagSpec[];

const KIND_FLAG = { name: "kind", kind: "string", default: "", doc: "Kind of the entry." } as const satisfies FlagSpec;
const NAME_FLAG = { name: "name", kind: "string", default: "", doc: "Name of the entry." } as const satisfies FlagSpec;

export const CONFIG_WRITE_FLAGS = [NAMESPACE_FLAG, ...CAS_FLAGS] as const satisfies readonly FlagSpec[];
export const CONFIG_READ_FLAGS = [NAMESPACE_FLAG, KIND_FLAG, NAME_FLAG] as const satisfies readonly FlagSpec[];
export const CONFIG_LIST_FLAGS = [
  FORMAT_FLAG,
  NAMESPACE_FLAG,
  { name: "filter", kind: "string", default: "", doc: "Only entries that this filter expression selects." },
  { name: "kind", kind: "string", default: "", doc: "Kind of the entries." },
] as const satisfies readonly FlagSpec[];
export const CONFIG_DELETE_FLAGS = [
  NAMESPACE_FLAG,
  ...CAS_FLAGS,
  { name: "filename", kind: "string", default: "", doc: "File of the entry, in place of -kind and -name." },
  KIND_FLAG,
  NAME_FLAG,
] as const satisfies readonly FlagSpec[];

/** Commands about settings that all agents share. */
export const configCommands = [
  group({
    path: "config",
    synopsis: "Read and change config entries",
    about: [
      "Reads and changes config entries: settings of services, proxies and gateways that the servers keep for all agents.",
    ],
    examples: [
      { why: "Write one:", line: "config write web.hcl" },
      { why: "Read it:", line: "config read -kind service-defaults -name web" },
      { why: "List those of a kind:", line: "config list -kind service-defaults" },
      { why: "Delete it:", line: "config delete -kind service-defaults -name web" },
    ],
  }),
  command({
    path: "config write",
    synopsis: "Write a config entry",
    usage: "[options] FILE",
    about: [
      "Writes the entry of a file, in HCL or JSON, or of standard input when FILE is -. An entry of that kind and name is replaced as a whole. Keys may be written in CamelCase or with underlines.",
    ],
    examples: [
      { why: "From a file:", line: "config write web.hcl" },
      { why: "From another program:", line: "config write -" },
    ],
    http: "server",
    flags: CONFIG_WRITE_FLAGS,
    load: () => import("../config-write.ts"),
  }),
  command({
    path: "config read",
    synopsis: "Print a config entry",
    usage: "[options] -kind KIND -name NAME",
    about: ["Prints an entry as JSON."],
    examples: [{ why: "What all proxies have:", line: "config read -kind proxy-defaults -name global" }],
    http: "server",
    flags: CONFIG_READ_FLAGS,
    load: () => import("../config-read.ts"),
  }),
  command({
    path: "config list",
    synopsis: "List the config entries of a kind",
    usage: "[options] -kind KIND",
    about: ["Prints the names of all entries of a kind."],
    examples: [{ why: "Services with settings of their own:", line: "config list -kind service-defaults" }],
    http: "server",
    flags: CONFIG_LIST_FLAGS,
    load: () => import("../config-list.ts"),
  }),
  command({
    path: "config delete",
    synopsis: "Delete a config entry",
    usage: "[options] (-kind KIND -name NAME | -filename FILE)",
    about: ["Deletes an entry. It is no error when there is none."],
    examples: [
      { why: "By kind and name:", line: "config delete -kind service-defaults -name web" },
      { why: "By the file that it was written from:", line: "config delete -filename web.hcl" },
    ],
    http: "server",
    flags: CONFIG_DELETE_FLAGS,
    load: () => import("../config-delete.ts"),
  }),
];
