import type { FlagSpec } from "../../lang/goflags.ts";
import { command, group } from "../command.ts";
import { FORMAT_FLAG } from "../common-flags.ts";

export const SESSION_LIST_FLAGS = [
  FORMAT_FLAG,
  { name: "node", kind: "string", default: "", doc: "Only the sessions of this node." },
] as const satisfies readonly FlagSpec[];

export const SESSION_ID_FLAGS = [FORMAT_FLAG] as const satisfies readonly FlagSpec[];

export const SESSION_CREATE_FLAGS = [
  FORMAT_FLAG,
  {
    name: "behavior",
    kind: "string",
    default: "release",
    placeholder: "release|delete",
    doc: "What becomes of the keys that the session holds when it ends.",
  },
  {
    name: "check",
    kind: "strings",
    doc: "ID of a check of the node that ends the session when it turns critical. May be repeated; serfHealth when absent.",
  },
  {
    name: "lock-delay",
    kind: "duration",
    default: 15_000,
    doc: "How long a lock stays closed after the session lost it.",
  },
  { name: "name", kind: "string", default: "", doc: "A name for people." },
  { name: "node", kind: "string", default: "", doc: "Node that the session lives on; that of the agent when absent." },
  {
    name: "ttl",
    kind: "string",
    default: "",
    placeholder: "duration",
    doc: "Time after which the session ends unless it is renewed: 10s to 24h; without limit when absent.",
  },
] as const satisfies readonly FlagSpec[];

export const sessionCommands = [
  group({
    path: "session",
    synopsis: "Look at and change sessions, which hold locks",
    about: ["Shows and changes sessions. A session lives as long as its node and its checks, and holds locks on keys."],
    examples: [
      { why: "See who holds locks:", line: "session list" },
      { why: "Free the locks of a program that hangs:", line: "session destroy 3647af05-5436-6861-b34b-48811936afdb" },
    ],
  }),
  command({
    path: "session list",
    synopsis: "List the sessions of a datacenter or a node",
    usage: "[options]",
    about: ["Prints all sessions of a datacenter, or of one of its nodes."],
    http: "server",
    flags: SESSION_LIST_FLAGS,
    load: () => import("../session-list.ts"),
  }),
  command({
    path: "session info",
    synopsis: "Show one session",
    usage: "[options] ID",
    about: ["Prints everything about a session."],
    http: "server",
    flags: SESSION_ID_FLAGS,
    load: () => import("../session-info.ts"),
  }),
  command({
    path: "session create",
    synopsis: "Create a session and print its ID",
    usage: "[options]",
    about: ["Creates a session and prints its ID, to be used with `{program} kv put -acquire -session`."],
    examples: [{ why: "One that ends when nobody renews it:", line: "session create -name deploy -ttl 30s" }],
    http: "server",
    flags: SESSION_CREATE_FLAGS,
    load: () => import("../session-create.ts"),
  }),
  command({
    path: "session renew",
    synopsis: "Renew a session with a TTL",
    usage: "[options] ID",
    about: ["Starts the session's TTL anew."],
    http: "server",
    flags: SESSION_ID_FLAGS,
    load: () => import("../session-renew.ts"),
  }),
  command({
    path: "session destroy",
    synopsis: "End a session and release its locks",
    usage: "[options] ID",
    about: ["Ends a session; its keys are released or deleted, as its behavior says."],
    http: "server",
    flags: SESSION_ID_FLAGS,
    load: () => import("../session-destroy.ts"),
  }),
];
