import type { FlagSpec } from "../../lang/goflags.ts";
import { command, group } from "../command.ts";
import { FORMAT_FLAG } from "../common-flags.ts";
import { NO_FLAGS } from "./agent.ts";

export const VERSION_FLAGS = [FORMAT_FLAG] as const satisfies readonly FlagSpec[];
export const VALIDATE_FLAGS = [
  FORMAT_FLAG,
  {
    name: "config-format",
    kind: "string",
    default: "",
    placeholder: "hcl|json",
    doc: "Read all files as this format, whatever their names end with.",
  },
  { name: "quiet", kind: "bool", default: false, doc: "Print nothing when the configuration is valid." },
] as const satisfies readonly FlagSpec[];

export const TROUBLESHOOT_PORTS_FLAGS = [
  FORMAT_FLAG,
  { name: "host", kind: "string", default: "", doc: "Host to reach; that of CONSUL_HTTP_ADDR when absent." },
  {
    name: "ports",
    kind: "string",
    default: "",
    placeholder: "list",
    doc: "Ports to try, with commas between them; those of a server when absent.",
  },
] as const satisfies readonly FlagSpec[];

/** Commands that ask no agent. */
export const localCommands = [
  command({
    path: "agent",
    synopsis: "Run an agent",
    usage: "[options]",
    about: ["Runs the agent until it is told to stop. An agent is one node of a cluster, and a server with -server."],
    http: "none",
    flags: NO_FLAGS,
    ownWords: true,
    loadFlags: async () => (await import("../../config/flags.ts")).AGENT_FLAGS,
    load: () => import("../agent.ts"),
  }),
  command({
    path: "version",
    synopsis: "Print the version",
    usage: "[options]",
    about: [],
    http: "none",
    flags: VERSION_FLAGS,
    load: () => import("../version.ts"),
  }),
  command({
    path: "keygen",
    synopsis: "Make a key for gossip encryption",
    usage: "",
    about: ["Prints a new random key of 32 bytes for -encrypt."],
    http: "none",
    flags: NO_FLAGS,
    load: () => import("../keygen.ts"),
  }),
  command({
    path: "validate",
    synopsis: "Check configuration without starting an agent",
    usage: "[options] FILE_OR_DIRECTORY...",
    about: ["Reads configuration as the agent would and reports what is wrong with it, without starting anything."],
    examples: [{ why: "Before a reload:", line: "validate /etc/consul.d" }],
    http: "none",
    flags: VALIDATE_FLAGS,
    load: () => import("../validate.ts"),
  }),
  command({
    path: "completion",
    synopsis: "Print or install shell completion",
    usage: "bash|zsh|fish|install|uninstall",
    about: [
      "Prints the lines that make a shell complete commands and flags, or puts them into the start files of your shells and takes them out again.",
    ],
    examples: [{ why: "For this shell only:", line: "completion bash > /tmp/c && . /tmp/c" }],
    http: "none",
    flags: NO_FLAGS,
    load: () => import("../completion.ts"),
  }),
  group({
    path: "troubleshoot",
    synopsis: "Look for what is wrong with a network",
    about: ["Looks for what keeps agents from reaching each other."],
    examples: [{ why: "Can a server be reached from here?", line: "troubleshoot ports -host=10.0.0.2" }],
  }),
  command({
    path: "troubleshoot ports",
    synopsis: "Try which ports of a server can be reached",
    usage: "[options]",
    about: [
      "Tries to connect to each TCP port that a server listens on by default. Gossip and DNS also need the same ports by UDP, which can't be tried like this; `{program} reachability` tells about gossip.",
    ],
    http: "none",
    flags: TROUBLESHOOT_PORTS_FLAGS,
    load: () => import("../troubleshoot-ports.ts"),
  }),
];
