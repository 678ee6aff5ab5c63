import type { FlagSpec } from "../lang/goflags.ts";

const HOUR_MS = 3_600_000;

/** Names, defaults and meaning are those of Consul Enterprise, so that its command lines and units work here. */
export const SNAPSHOT_AGENT_FLAGS = [
  {
    name: "aws-access-key-id",
    kind: "string",
    default: "",
    doc: "Key id for the store. Everybody on the host can read a command line: AWS_ACCESS_KEY_ID, a configuration file or ~/.aws/credentials is better.",
  },
  {
    name: "aws-s3-bucket",
    kind: "string",
    default: "",
    doc: "Bucket to keep the snapshots in; without one they are kept in -local-path.",
  },
  {
    name: "aws-s3-endpoint",
    kind: "string",
    default: "",
    doc: "URL of a store that speaks S3 and is not Amazon's. The bucket is then part of the path. Environment: AWS_S3_ENDPOINT.",
  },
  {
    name: "aws-s3-force-path-style",
    kind: "bool",
    default: false,
    doc: "Put the bucket into the path at Amazon too; needed for names with dots.",
  },
  {
    name: "aws-s3-key-prefix",
    kind: "string",
    default: "consul-snapshot",
    doc: "What the objects' keys begin with.",
  },
  {
    name: "aws-s3-region",
    kind: "string",
    default: "",
    doc: "Region of the bucket; needed, also where the store has only one. Environment: AWS_REGION.",
  },
  {
    name: "aws-s3-server-side-encryption",
    kind: "bool",
    default: false,
    doc: "Amazon encrypts every object since 2023. At another store set it at the bucket and leave this out; it is refused there.",
  },
  {
    name: "aws-s3-static-snapshot-name",
    kind: "string",
    default: "",
    doc: "Always write this one key and remove none: for buckets that keep versions.",
  },
  {
    name: "aws-secret-access-key",
    kind: "string",
    default: "",
    doc: "Secret for -aws-access-key-id, see there. Environment: AWS_SECRET_ACCESS_KEY.",
  },
  {
    name: "aws-session-token",
    kind: "string",
    default: "",
    doc: "Token of temporary keys. Environment: AWS_SESSION_TOKEN.",
  },
  {
    name: "config-dir",
    kind: "strings",
    doc: "Directory whose .json and .hcl files may hold a 'snapshot_agent' section. May be repeated.",
  },
  {
    name: "config-file",
    kind: "strings",
    doc: "File with a 'snapshot_agent' section; flags go before it, and later files before earlier ones. May be repeated.",
  },
  {
    name: "deregister-after",
    kind: "duration",
    default: 72 * HOUR_MS,
    doc: "When an agent that is gone is taken out of the catalog; 0 leaves it.",
  },
  {
    name: "interval",
    kind: "duration",
    default: HOUR_MS,
    doc: "Time from one snapshot to the next. 0 makes one and ends, without lock and registration.",
  },
  { name: "local-path", kind: "string", default: ".", doc: "Directory to keep the snapshots in; it must exist." },
  {
    name: "local-scratch-path",
    kind: "string",
    default: "",
    doc: "Accepted for units that give it: snapshots are verified in memory.",
  },
  {
    name: "lock-key",
    kind: "string",
    default: "consul-snapshot/lock",
    doc: "Key that the one active agent of all with this key holds.",
  },
  {
    name: "log-level",
    kind: "string",
    default: "info",
    doc: "Lowest level to print: trace, debug, info, warn or error.",
  },
  {
    name: "max-failures",
    kind: "int",
    default: 3,
    doc: "Failures in a row after which the lock is given up, so that another agent tries.",
  },
  {
    name: "retain",
    kind: "int",
    default: 30,
    doc: "How many snapshots to keep; older ones are removed after each new one. 0 keeps all.",
  },
  {
    name: "service",
    kind: "string",
    default: "consul-snapshot",
    doc: "Service to register with the agent, with a check that shows whether snapshots are saved. Empty registers none.",
  },
] as const satisfies readonly FlagSpec[];
