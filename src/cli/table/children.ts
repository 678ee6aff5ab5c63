import type { FlagSpec } from "../../lang/goflags.ts";
import { command } from "../command.ts";

const SHELL_FLAG = {
  name: "shell",
  kind: "bool",
  default: true,
  doc: "Run the child through the shell of the SHELL environment variable, else /bin/sh.",
} as const satisfies FlagSpec;

export const WATCH_FLAGS = [
  SHELL_FLAG,
  {
    name: "filter",
    kind: "string",
    default: "",
    doc: "Filter expression, for the types nodes, service, services and checks.",
  },
  { name: "key", kind: "string", default: "", doc: "Key to watch, for the type key." },
  { name: "name", kind: "string", default: "", doc: "Only events of this name, for the type event." },
  {
    name: "passingonly",
    kind: "string",
    default: "",
    doc: "true leaves out what is not passing, for the type service.",
  },
  { name: "prefix", kind: "string", default: "", doc: "Prefix of the keys to watch, for the type keyprefix." },
  { name: "service", kind: "string", default: "", doc: "Service to watch, for the types service and checks." },
  { name: "state", kind: "string", default: "", doc: "Status to watch, for the type checks." },
  { name: "tag", kind: "strings", doc: "Only instances with this tag, for the type service. May be repeated." },
  {
    name: "type",
    kind: "string",
    default: "",
    doc: "What to watch: key, keyprefix, services, nodes, service, checks or event.",
  },
] as const satisfies readonly FlagSpec[];

export const LOCK_FLAGS = [
  SHELL_FLAG,
  {
    name: "child-exit-code",
    kind: "bool",
    default: false,
    doc: "Exit with 2 when the child failed; otherwise its failure is only told.",
  },
  {
    name: "monitor-retry",
    kind: "int",
    default: 3,
    doc: "How often to ask again, a second apart, when the server fails while the lock is held; then the lock counts as lost.",
  },
  { name: "n", kind: "int", default: 1, doc: "How many may hold it at once. More than 1 makes it a semaphore." },
  { name: "name", kind: "string", default: "", doc: "Name of the session; made from the command when absent." },
  { name: "pass-stdin", kind: "bool", default: false, doc: "Give the child this program's standard input." },
  {
    name: "timeout",
    kind: "duration",
    default: 0,
    doc: "Give up when it was not acquired in this time. 0 waits for ever.",
  },
  { name: "try", kind: "duration", default: 0, doc: "Old name of -timeout." },
  { name: "verbose", kind: "bool", default: false, doc: "Tell every step." },
] as const satisfies readonly FlagSpec[];

/** Commands that run a program of the user's. */
export const childCommands = [
  command({
    path: "watch",
    synopsis: "Run a program at every change of some data",
    usage: "[options] [child...]",
    about: [
      "Runs the child for what is there now and again at every change, with the data as JSON on its standard input and its index in CONSUL_INDEX.",
      "Without a child, prints the data once and ends.",
    ],
    examples: [
      { why: "Reload when a service changes:", line: "watch -type=service -service=web systemctl reload haproxy" },
    ],
    http: "server",
    flags: WATCH_FLAGS,
    load: () => import("../watch.ts"),
  }),
  command({
    path: "lock",
    synopsis: "Run a program while holding a lock",
    usage: "[options] prefix child...",
    about: [
      "Takes a lock or a place of a semaphore below a prefix of the key/value store, and runs the child while it is held.",
      "When it is lost, the child and all that it started get TERM, and KILL after five seconds.",
    ],
    examples: [{ why: "Let one node of many do a job:", line: "lock jobs/backup ./backup.sh" }],
    http: "server",
    flags: LOCK_FLAGS,
    load: () => import("../lock.ts"),
  }),
];
