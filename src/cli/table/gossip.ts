import type { FlagSpec } from "../../lang/goflags.ts";
import { command, group } from "../command.ts";
import { FORMAT_FLAG } from "../common-flags.ts";

export const KEYRING_FLAGS = [
  FORMAT_FLAG,
  { name: "install", kind: "string", default: "", placeholder: "key", doc: "Give all members a key." },
  { name: "list", kind: "bool", default: false, doc: "Print the keys and how many members have each." },
  {
    name: "list-primary",
    kind: "bool",
    default: false,
    doc: "Print the keys that members encrypt with and how many do so with each.",
  },
  {
    name: "local-only",
    kind: "bool",
    default: false,
    doc: "Ask only the members of the agent's own datacenter. Only for lists.",
  },
  {
    name: "relay-factor",
    kind: "int",
    default: 0,
    doc: "Let members send their answers through this many others as well, against loss. At most 5.",
  },
  {
    name: "remove",
    kind: "string",
    default: "",
    placeholder: "key",
    doc: "Take a key from all members. It must not be the one that they encrypt with.",
  },
  {
    name: "use",
    kind: "string",
    default: "",
    placeholder: "key",
    doc: "Let all members encrypt with a key that they have.",
  },
] as const satisfies readonly FlagSpec[];

export const REACHABILITY_FLAGS = [
  FORMAT_FLAG,
  { name: "verbose", kind: "bool", default: false, doc: "Print who answers, and how long it took." },
  { name: "wan", kind: "bool", default: false, doc: "Test the servers of all datacenters. Only a server knows them." },
] as const satisfies readonly FlagSpec[];

export const CREATE_FLAGS = [
  {
    name: "datacenter",
    kind: "string",
    nullable: true,
    doc: "Datacenter of the cluster. Default: dc1, or that of the agent with -from-agent.",
  },
  {
    name: "encrypt",
    kind: "string",
    default: "",
    placeholder: "key",
    doc: "The cluster's gossip key, or - to read it from standard input. A new one is made when it is absent.",
  },
  {
    name: "from-agent",
    kind: "bool",
    default: false,
    doc: "Take datacenter, key and addresses from the running agent, which must be a server.",
  },
  {
    name: "join",
    kind: "strings",
    doc: "Address, name or provider=mdns to join, as for -retry-join. May be repeated.",
  },
] as const satisfies readonly FlagSpec[];

export const INSPECT_FLAGS = [FORMAT_FLAG] as const satisfies readonly FlagSpec[];

/** Commands about who may gossip, and who is reached. */
export const gossipCommands = [
  command({
    path: "keyring",
    synopsis: "List and change the keys that gossip is encrypted with",
    usage: "[options]",
    about: [
      "Lists and changes the keys that gossip is encrypted with, in all pools of all datacenters at once. Members can have several; each encrypts with its primary one and reads with all.",
      "To change the key, install a new one everywhere, let all use it, and remove the old one. Only a server can be asked. The exit code is 0 when all members did it and 1 otherwise.",
    ],
    examples: [
      { why: "Make a key and give it to all members:", line: 'keyring -install "$({program} keygen)"' },
      { why: "See whether all have it:", line: "keyring -list" },
      { why: "Encrypt with it from now on:", line: "keyring -use KEY" },
    ],
    http: "client",
    flags: KEYRING_FLAGS,
    load: () => import("../keyring.ts"),
  }),
  command({
    path: "reachability",
    synopsis: "Test whether gossip reaches all members",
    usage: "[options]",
    about: [
      "Asks all members through gossip and tells who of those that count as alive did not answer. The exit code is 1 when one is missing.",
    ],
    http: "client",
    flags: REACHABILITY_FLAGS,
    load: () => import("../reachability.ts"),
  }),
  group({
    path: "join-token",
    synopsis: "Make one line that lets new nodes join the cluster",
    about: [
      "A join token is one line that holds the gossip key, the datacenter and the addresses to join, so that a new node needs nothing else. It is a secret: give it to agents in a file (-join-token-file) or in MUSTER_JOIN_TOKEN, since words of a command line show in the list of processes.",
    ],
    examples: [{ why: "On a server that runs:", line: "join-token create -from-agent" }],
  }),
  command({
    path: "join-token create",
    synopsis: "Make a join token",
    usage: "[options]",
    about: ["Prints a join token. Without -from-agent no agent is asked."],
    examples: [
      {
        why: "For a new cluster, before its first node starts:",
        line: "join-token create -datacenter home -join 10.0.0.1",
      },
      {
        why: "For nodes that find each other on the local network:",
        line: "join-token create -join 'provider=mdns service=_muster._tcp'",
      },
    ],
    http: "client",
    flags: CREATE_FLAGS,
    load: () => import("../join-token-create.ts"),
  }),
  command({
    path: "join-token inspect",
    synopsis: "Show what a join token says, without its key",
    usage: "[options] [token]",
    about: [
      "Prints what a join token holds; of the key only its size and a fingerprint, so that two tokens can be compared. The token is an argument, @FILE, - for standard input, or the value of MUSTER_JOIN_TOKEN when it is absent.",
    ],
    http: "none",
    flags: INSPECT_FLAGS,
    load: () => import("../join-token-inspect.ts"),
  }),
];
