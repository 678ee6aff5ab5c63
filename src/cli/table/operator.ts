import type { FlagSpec } from "../../lang/goflags.ts";
import { command, group } from "../command.ts";
import { FORMAT_FLAG } from "../common-flags.ts";

export const LIST_PEERS_FLAGS = [
  FORMAT_FLAG,
  {
    name: "detailed",
    kind: "bool",
    default: false,
    doc: "Also tell how far the log of each server is, as the leader knows it.",
  },
] as const satisfies readonly FlagSpec[];

export const REMOVE_PEER_FLAGS = [
  { name: "address", kind: "string", default: "", doc: "Address of the server to remove, with the server port." },
  { name: "id", kind: "string", default: "", doc: "ID of the server to remove." },
] as const satisfies readonly FlagSpec[];

export const TRANSFER_LEADER_FLAGS = [
  FORMAT_FLAG,
  { name: "id", kind: "string", default: "", doc: "ID of the server to lead; the best prepared one when absent." },
] as const satisfies readonly FlagSpec[];

export const RECOVER_FLAGS = [
  FORMAT_FLAG,
  {
    name: "confirm",
    kind: "string",
    default: "",
    placeholder: "id",
    doc: "ID of the server that is to go on, as the command prints it. Without it the command asks.",
  },
] as const satisfies readonly FlagSpec[];

export const PRINT_FLAGS = [FORMAT_FLAG] as const satisfies readonly FlagSpec[];

export const SET_CONFIG_FLAGS = [
  {
    name: "cleanup-dead-servers",
    kind: "bool",
    nullable: true,
    placeholder: "true|false",
    doc: "Remove dead servers when new ones have come.",
  },
  {
    name: "disable-upgrade-migration",
    kind: "bool",
    nullable: true,
    placeholder: "true|false",
    doc: "Kept for scripts that give it, without effect (Consul Enterprise).",
  },
  {
    name: "last-contact-threshold",
    kind: "duration",
    nullable: true,
    placeholder: "200ms",
    doc: "A server that has not heard the leader for longer is unhealthy.",
  },
  {
    name: "max-trailing-logs",
    kind: "uint",
    nullable: true,
    doc: "A server whose log is more entries behind is unhealthy.",
  },
  {
    name: "min-quorum",
    kind: "uint",
    nullable: true,
    doc: "Dead servers are not removed when fewer servers than this would be left.",
  },
  {
    name: "redundancy-zone-tag",
    kind: "string",
    nullable: true,
    doc: "Kept for scripts that give it, without effect (Consul Enterprise).",
  },
  {
    name: "server-stabilization-time",
    kind: "duration",
    nullable: true,
    placeholder: "10s",
    doc: "How long a new server must be healthy before it gets its vote.",
  },
  {
    name: "upgrade-version-tag",
    kind: "string",
    nullable: true,
    doc: "Kept for scripts that give it, without effect (Consul Enterprise).",
  },
] as const satisfies readonly FlagSpec[];

export const USAGE_INSTANCES_FLAGS = [
  FORMAT_FLAG,
  { name: "all-datacenters", kind: "bool", default: false, doc: "Count in all datacenters." },
  { name: "only-billable", kind: "bool", default: false, doc: "Leave out proxies and gateways." },
  { name: "only-connect", kind: "bool", default: false, doc: "Count proxies and gateways alone." },
] as const satisfies readonly FlagSpec[];

/** Commands about the servers of a cluster. */
export const operatorCommands = [
  group({
    path: "operator",
    synopsis: "Look at and change the set of servers",
    about: [
      "Shows and changes which servers make up the cluster and how they are looked after. A wrong word here can cost the cluster its quorum.",
      "Any agent may be asked; it passes on to the leader what only the leader can do.",
    ],
    examples: [
      { why: "See the servers and who leads:", line: "operator raft list-peers" },
      { why: "Remove a server that is gone for good:", line: "operator raft remove-peer -id=ID" },
    ],
  }),
  group({
    path: "operator raft",
    synopsis: "List and remove servers, move the leadership, recover",
    about: ["Shows and changes which servers make up the cluster."],
    examples: [
      { why: "Also when there is no leader:", line: "operator raft list-peers -stale" },
      { why: "Before a server is taken down:", line: "operator raft transfer-leader" },
    ],
  }),
  command({
    path: "operator raft list-peers",
    synopsis: "List the servers of the cluster",
    usage: "[options]",
    about: [
      "Prints the servers of the cluster, which of them leads, and which vote. With -stale the asked server tells what it knows itself, also without a leader.",
    ],
    http: "server",
    flags: LIST_PEERS_FLAGS,
    load: () => import("../operator-raft-list-peers.ts"),
  }),
  command({
    path: "operator raft remove-peer",
    synopsis: "Remove a server from the cluster",
    usage: "[options]",
    about: [
      "Removes a server, named by its ID or its address. It is for a server that is gone for good: one that still runs comes back without a vote.",
    ],
    http: "server",
    flags: REMOVE_PEER_FLAGS,
    load: () => import("../operator-raft-remove-peer.ts"),
  }),
  command({
    path: "operator raft transfer-leader",
    synopsis: "Let another server lead",
    usage: "[options]",
    about: [
      "Hands the leadership to another server that votes, once it has all that the leader has. Writes wait or are refused for a moment.",
    ],
    http: "server",
    flags: TRANSFER_LEADER_FLAGS,
    load: () => import("../operator-raft-transfer-leader.ts"),
  }),
  command({
    path: "operator raft recover",
    synopsis: "Go on with one server when the majority is lost for good",
    usage: "[options]",
    about: [
      "Makes the asked server a cluster of its own with the data that it has. It is the last resort, for when so many servers are lost for good that there will be no leader any more.",
      "Prints what may be lost and asks; nothing is changed before the answer. Run it first on each server that is left, and go on with the one that has the highest last term, and of those the highest last index.",
      "The other servers of the old cluster can't come back with their data: they have to be stopped, and may join again with empty data directories.",
    ],
    examples: [
      { why: "See what it would mean:", line: "operator raft recover -http-addr=10.0.0.2:8500" },
      { why: "Do it from a script:", line: "operator raft recover -http-addr=10.0.0.2:8500 -confirm=ID" },
    ],
    http: "client",
    flags: RECOVER_FLAGS,
    load: () => import("../operator-raft-recover.ts"),
  }),
  group({
    path: "operator autopilot",
    synopsis: "See and change how servers are looked after",
    about: [
      "Autopilot gives new servers their vote once they are well, and removes dead ones when new ones have come. This shows what it knows and changes what it goes by.",
    ],
    examples: [{ why: "See whether all servers are well:", line: "operator autopilot health" }],
  }),
  command({
    path: "operator autopilot get-config",
    synopsis: "Show what autopilot goes by",
    usage: "[options]",
    about: ["Prints what autopilot goes by."],
    http: "server",
    flags: PRINT_FLAGS,
    load: () => import("../operator-autopilot-get-config.ts"),
  }),
  command({
    path: "operator autopilot set-config",
    synopsis: "Change what autopilot goes by",
    usage: "[options]",
    about: ["Changes what the flags name and leaves the rest as it is."],
    examples: [
      { why: "Never remove a server by itself:", line: "operator autopilot set-config -cleanup-dead-servers=false" },
    ],
    http: "server",
    flags: SET_CONFIG_FLAGS,
    load: () => import("../operator-autopilot-set-config.ts"),
  }),
  command({
    path: "operator autopilot health",
    synopsis: "Show whether all servers are well",
    usage: "[options]",
    about: ["Prints the health of each server as the leader sees it. When one is not well the exit code is 2."],
    http: "server",
    flags: PRINT_FLAGS,
    load: () => import("../operator-autopilot-health.ts"),
  }),
  command({
    path: "operator autopilot state",
    synopsis: "Show all that autopilot knows",
    usage: "[options]",
    about: ["Prints all that autopilot knows about the servers."],
    http: "server",
    flags: PRINT_FLAGS,
    load: () => import("../operator-autopilot-state.ts"),
  }),
  group({
    path: "operator usage",
    synopsis: "Count what is registered",
    about: ["Counts what is registered."],
    examples: [{ why: "In all datacenters:", line: "operator usage instances -all-datacenters" }],
  }),
  command({
    path: "operator usage instances",
    synopsis: "Count services, their instances and nodes",
    usage: "[options]",
    about: [
      "Prints how many services, instances of services and nodes there are, and how many of the instances are proxies and gateways. Billable is Consul's word for instances that are neither.",
    ],
    http: "server",
    flags: USAGE_INSTANCES_FLAGS,
    load: () => import("../operator-usage-instances.ts"),
  }),
];
