import type { FlagSpec } from "../../lang/goflags.ts";
import { command } from "../command.ts";
import { FORMAT_FLAG } from "../common-flags.ts";

const FILTER_FLAGS = [
  {
    name: "node",
    kind: "string",
    default: "",
    doc: "Regular expression for the names of the nodes that shall get it.",
  },
  {
    name: "service",
    kind: "string",
    default: "",
    doc: "Regular expression: only nodes that have such a service get it.",
  },
  { name: "tag", kind: "string", default: "", doc: "Regular expression for a tag of that service. Needs -service." },
] as const satisfies readonly FlagSpec[];

export const EVENT_FLAGS = [
  FORMAT_FLAG,
  ...FILTER_FLAGS,
  { name: "name", kind: "string", default: "", doc: "Name of the event." },
] as const satisfies readonly FlagSpec[];

export const EXEC_FLAGS = [
  ...FILTER_FLAGS,
  {
    name: "prefix",
    kind: "string",
    default: "_rexec",
    doc: "Where in the key/value store the order and the answers are kept for the time.",
  },
  {
    name: "shell",
    kind: "bool",
    default: true,
    doc: "Let each node's shell run the command; with -shell=false its words are a program and its arguments.",
  },
  { name: "verbose", kind: "bool", default: false, doc: "Tell every step." },
  {
    name: "wait",
    kind: "duration",
    default: 2000,
    doc: "How long nothing may come before the command ends; twice as long while nodes are known to be at work.",
  },
  {
    name: "wait-repl",
    kind: "duration",
    default: 200,
    doc: "How long the order is left to reach all servers before the nodes are told of it.",
  },
] as const satisfies readonly FlagSpec[];

/** Commands that reach nodes by an event. */
export const eventCommands = [
  command({
    path: "event",
    synopsis: "Send a user event to nodes",
    usage: "[options] [payload]",
    about: ["Sends a user event through the datacenter. It reaches the nodes by gossip, at most once and in no order."],
    examples: [{ why: "Tell every node that runs web:", line: "event -name deploy -service web v2" }],
    http: "client",
    flags: EVENT_FLAGS,
    load: () => import("../event.ts"),
  }),
  command({
    path: "exec",
    synopsis: "Run a command on other nodes",
    usage: "[options] [-|command...]",
    about: [
      "Runs a command on all nodes, or on those that the filters name, and prints what it says there. With - the command is a script that is read from standard input.",
      "Only nodes whose configuration has disable_remote_exec = false take part. On them, whoever may write to the agents' API runs programs as the agent's user: leave it off wherever that is not wanted.",
      "The exit code is 0 when all nodes that took part were successful, 2 when one was not or did not end in time, and 1 when the nodes could not be asked.",
    ],
    examples: [
      { why: "See how long the nodes of a service run:", line: "exec -service web uptime" },
      { why: "Run a script on some:", line: "exec -node '^edge-' - < clean-up.sh" },
    ],
    http: "server",
    flags: EXEC_FLAGS,
    load: () => import("../exec.ts"),
  }),
];
