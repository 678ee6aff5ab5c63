import type { FlagSpec } from "../../lang/goflags.ts";
import { command } from "../command.ts";
import { FORMAT_FLAG } from "../common-flags.ts";

const WAN_FLAG = (doc: string) => ({ name: "wan", kind: "bool", default: false, doc }) as const satisfies FlagSpec;

export const NO_FLAGS = [] as const satisfies readonly FlagSpec[];
export const INFO_FLAGS = [FORMAT_FLAG] as const satisfies readonly FlagSpec[];
export const MEMBERS_FLAGS = [
  FORMAT_FLAG,
  WAN_FLAG("Show the servers of all datacenters. Only a server knows them."),
  { name: "detailed", kind: "bool", default: false, doc: "Print the tags that each member gossips." },
  { name: "filter", kind: "string", default: "", doc: "Only members that this filter expression selects." },
  {
    name: "segment",
    kind: "string",
    default: "_all",
    doc: "Only members of this network segment (Consul Enterprise).",
  },
  { name: "status", kind: "string", default: ".*", doc: "Only members whose status matches this regular expression." },
] as const satisfies readonly FlagSpec[];
export const JOIN_FLAGS = [WAN_FLAG("Join a server of another datacenter.")] as const satisfies readonly FlagSpec[];
export const FORCE_LEAVE_FLAGS = [
  { name: "prune", kind: "bool", default: false, doc: "Remove the member from the list at once and for good." },
  WAN_FLAG("The name is that of a server of any datacenter, <node>.<datacenter>."),
] as const satisfies readonly FlagSpec[];
export const MAINT_FLAGS = [
  FORMAT_FLAG,
  { name: "disable", kind: "bool", default: false, doc: "End the maintenance." },
  { name: "enable", kind: "bool", default: false, doc: "Begin a maintenance." },
  { name: "reason", kind: "string", default: "", doc: "Why; shown with the check that marks the maintenance." },
  { name: "service", kind: "string", default: "", doc: "ID of the one service to maintain, not the whole node." },
] as const satisfies readonly FlagSpec[];
export const MONITOR_FLAGS = [
  { name: "log-json", kind: "bool", default: false, doc: "Print each line as JSON." },
  {
    name: "log-level",
    kind: "string",
    default: "INFO",
    doc: "Lowest level to print: TRACE, DEBUG, INFO, WARN or ERR.",
  },
] as const satisfies readonly FlagSpec[];
export const RTT_FLAGS = [
  FORMAT_FLAG,
  WAN_FLAG("The names are <node>.<datacenter> and the coordinates those between datacenters."),
] as const satisfies readonly FlagSpec[];

/** Commands about one agent and the cluster it is in. */
export const agentCommands = [
  command({
    path: "members",
    synopsis: "List who is in the cluster",
    usage: "[options]",
    about: ["Prints the members that the agent knows. When none matches, nothing is printed and the exit code is 2."],
    http: "client",
    flags: MEMBERS_FLAGS,
    load: () => import("../members.ts"),
  }),
  command({
    path: "info",
    synopsis: "Show figures of an agent's parts",
    usage: "[options]",
    about: ["Prints what the agent reports about its parts, section by section."],
    http: "client",
    flags: INFO_FLAGS,
    load: () => import("../info.ts"),
  }),
  command({
    path: "join",
    synopsis: "Bring an agent into a cluster",
    usage: "[options] address ...",
    about: ["Makes the agent join the cluster of at least one of the given members."],
    http: "client",
    flags: JOIN_FLAGS,
    load: () => import("../join.ts"),
  }),
  command({
    path: "leave",
    synopsis: "Take an agent out of its cluster and stop it",
    usage: "[options]",
    about: ["Makes the agent leave the cluster and stop."],
    http: "client",
    flags: NO_FLAGS,
    load: () => import("../leave.ts"),
  }),
  command({
    path: "force-leave",
    synopsis: "Mark a failed member as left",
    usage: "[options] name",
    about: [
      "Marks a failed member as left, so that nobody tries to reach it again. A member that is alive comes back.",
    ],
    http: "client",
    flags: FORCE_LEAVE_FLAGS,
    load: () => import("../force-leave.ts"),
  }),
  command({
    path: "reload",
    synopsis: "Make an agent read its configuration again",
    usage: "",
    about: ["Makes the agent read its configuration again, as the HUP signal does."],
    http: "client",
    flags: NO_FLAGS,
    load: () => import("../reload.ts"),
  }),
  command({
    path: "maint",
    synopsis: "Begin, end or show maintenance of a node or service",
    usage: "[options]",
    about: [
      "Puts the node or one of its services into maintenance: a critical check takes it out of all answers until maintenance ends, across restarts of the agent too.",
      "Without -enable or -disable, prints what is under maintenance.",
    ],
    http: "client",
    flags: MAINT_FLAGS,
    load: () => import("../maint.ts"),
  }),
  command({
    path: "monitor",
    synopsis: "Show the log of an agent as it grows",
    usage: "[options]",
    about: ["Prints the agent's log as it happens, at a level of its own, until it is interrupted."],
    http: "client",
    flags: MONITOR_FLAGS,
    load: () => import("../monitor.ts"),
  }),
  command({
    path: "rtt",
    synopsis: "Estimate how far two nodes are apart",
    usage: "[options] node1 [node2]",
    about: [
      "Estimates the round trip time between two nodes from their network coordinates. The second node is the agent's own when absent.",
    ],
    examples: [{ why: "Between servers of two datacenters:", line: "rtt -wan n1.dc1 n2.dc2" }],
    http: "client",
    flags: RTT_FLAGS,
    load: () => import("../rtt.ts"),
  }),
];
