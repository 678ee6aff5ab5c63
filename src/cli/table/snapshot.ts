import type { FlagSpec } from "../../lang/goflags.ts";
import { command, group } from "../command.ts";
import { FORMAT_FLAG } from "../common-flags.ts";
import { SNAPSHOT_AGENT_FLAGS } from "../snapshot-agent-flags.ts";

export const SNAPSHOT_INSPECT_FLAGS = [
  FORMAT_FLAG,
  {
    name: "kvdepth",
    kind: "int",
    default: 2,
    doc: "How many parts of a key make the prefix that it counts to, with -kvdetails.",
  },
  {
    name: "kvdetails",
    kind: "bool",
    default: false,
    doc: "Tell how much each type of record takes, and of keys those below each prefix.",
  },
  {
    name: "kvfilter",
    kind: "string",
    default: "",
    placeholder: "prefix",
    doc: "Only keys below this prefix, with -kvdetails.",
  },
] as const satisfies readonly FlagSpec[];

export const SNAPSHOT_DECODE_FLAGS = [
  {
    name: "with-secrets",
    kind: "bool",
    default: false,
    doc: "Print tokens and private keys, too. Without this (hidden) stands in their place.",
  },
] as const satisfies readonly FlagSpec[];

export const SNAPSHOT_SAVE_FLAGS = [
  {
    name: "without-newer",
    kind: "bool",
    default: false,
    doc: "Leave out what Consul 1.8 can't restore, because a later version wrote it, and say how many records of which kind that were.",
  },
] as const satisfies readonly FlagSpec[];

export const SNAPSHOT_RESTORE_FLAGS = [
  {
    name: "skip-unknown",
    kind: "bool",
    default: false,
    doc: "Restore without the records that the servers have no place for, and say how many of which kind they were. Without this they refuse the file.",
  },
] as const satisfies readonly FlagSpec[];

export const DEBUG_FLAGS = [
  {
    name: "archive",
    kind: "bool",
    default: true,
    doc: "Make one .tar.gz of what was captured and remove the directory.",
  },
  {
    name: "capture",
    kind: "strings",
    doc: "What to capture: agent, host, cluster, metrics, logs or pprof. May be repeated; everything when absent.",
  },
  {
    name: "duration",
    kind: "duration",
    default: 120_000,
    doc: "For how long to capture metrics, logs and profiles; at least 10s.",
  },
  {
    name: "interval",
    kind: "duration",
    default: 30_000,
    doc: "Length of one capture of metrics and profiles; at least 5s.",
  },
  {
    name: "output",
    kind: "string",
    default: "",
    doc: "Name of the directory or archive, without .tar.gz; made from the time when absent.",
  },
] as const satisfies readonly FlagSpec[];

/** Commands that write files of what a cluster is. */
export const snapshotCommands = [
  group({
    path: "snapshot",
    synopsis: "Save, restore and inspect the servers' state",
    about: [
      "Keeps the whole state of a datacenter's servers in one file: key/value store, catalog, sessions, access control and more.",
    ],
    examples: [
      { why: "Make a backup:", line: "snapshot save backup.snap" },
      { why: "Look what is in it:", line: "snapshot inspect backup.snap" },
      { why: "Go back to it:", line: "snapshot restore backup.snap" },
    ],
  }),
  command({
    path: "snapshot save",
    synopsis: "Write the servers' state to a file",
    usage: "[options] FILE",
    about: [
      "Writes a snapshot to a file, readable only by its owner because it holds secrets. The file appears when it is whole and verified.",
    ],
    examples: [{ why: "From any server, also without a leader:", line: "snapshot save -stale backup.snap" }],
    http: "server",
    flags: SNAPSHOT_SAVE_FLAGS,
    load: () => import("../snapshot-save.ts"),
  }),
  command({
    path: "snapshot agent",
    synopsis: "Save snapshots again and again, and remove old ones",
    usage: "[options]",
    about: [
      "Takes a snapshot at every interval, verifies it and keeps the newest ones in a directory or in a bucket of an S3-compatible store.",
      "Of several such agents one is active: the one that holds the lock. It is shown as a service, whose checks say whether it lives and whether it saves.",
      "It ends at INT or TERM, giving the lock back. With -interval=0 it takes one snapshot and ends; the exit code says whether it was saved.",
    ],
    examples: [
      { why: "Every hour into a directory, the newest 30:", line: "snapshot agent -local-path=/var/backups/muster" },
      { why: "Once, for a timer:", line: "snapshot agent -interval=0 -local-path=/var/backups/muster" },
      {
        why: "Into a bucket, with keys from the environment:",
        line: "snapshot agent -aws-s3-bucket=backups -aws-s3-region=eu-central-1",
      },
    ],
    http: "server",
    flags: SNAPSHOT_AGENT_FLAGS,
    load: () => import("../snapshot-agent.ts"),
  }),
  command({
    path: "snapshot restore",
    synopsis: "Replace the servers' state by that of a file",
    usage: "[options] FILE",
    about: [
      "Replaces the state of a datacenter's servers by that of a snapshot, this program's or Consul's. What happened since is gone.",
    ],
    examples: [
      { why: "From Consul, without what is not supported:", line: "snapshot restore -skip-unknown consul.snap" },
    ],
    http: "server",
    flags: SNAPSHOT_RESTORE_FLAGS,
    load: () => import("../snapshot-restore.ts"),
  }),
  command({
    path: "snapshot inspect",
    synopsis: "Verify a snapshot file and show its metadata",
    usage: "[options] FILE",
    about: ["Verifies a snapshot file and prints what it says of itself. No agent is asked."],
    examples: [{ why: "Which keys make it large:", line: "snapshot inspect -kvdetails -kvdepth=1 backup.snap" }],
    http: "none",
    flags: SNAPSHOT_INSPECT_FLAGS,
    load: () => import("../snapshot-inspect.ts"),
  }),
  command({
    path: "snapshot decode",
    synopsis: "Print what is in a snapshot file as JSON",
    usage: "[options] FILE",
    about: [
      "Verifies a snapshot file and prints its header and each of its records as a line of JSON with Type and Data. Bytes, and the values of keys, are in base64. No agent is asked.",
    ],
    examples: [
      { why: "The keys in it:", line: "snapshot decode backup.snap | jq -r 'select(.Type == \"KVS\").Data.Key'" },
    ],
    http: "none",
    flags: SNAPSHOT_DECODE_FLAGS,
    load: () => import("../snapshot-decode.ts"),
  }),
  command({
    path: "debug",
    synopsis: "Capture what helps to find a fault",
    usage: "[options]",
    about: [
      "Captures what helps to find a fault: the agent's configuration, its host, the members, and for a while metrics and logs. Look through the archive before you give it away.",
      "Profiles (pprof) are those of a Consul agent with enable_debug. This program's agents have none and they are left out, with a line that says so; what memory and turns take is in the metrics.",
    ],
    examples: [{ why: "Capture half a minute:", line: "debug -duration=30s -interval=10s -output=fault" }],
    http: "client",
    flags: DEBUG_FLAGS,
    load: () => import("../debug.ts"),
  }),
];
