import type { FlagSpec } from "../../lang/goflags.ts";
import { command, group } from "../command.ts";
import { FORMAT_FLAG, NAMESPACE_FLAG } from "../common-flags.ts";

const CAS_FLAGS = [
  {
    name: "cas",
    kind: "bool",
    default: false,
    doc: "Write only if the key's ModifyIndex is still that of -modify-index.",
  },
  { name: "modify-index", kind: "uint", default: 0n, doc: "The ModifyIndex that -cas expects." },
] as const satisfies readonly FlagSpec[];

export const KV_PUT_FLAGS = [
  ...CAS_FLAGS,
  NAMESPACE_FLAG,
  {
    name: "acquire",
    kind: "bool",
    default: false,
    doc: "Take the lock on the key for the session of -session. A missing key is made.",
  },
  {
    name: "base64",
    kind: "bool",
    default: false,
    doc: "The data is base64; the bytes that it stands for are written.",
  },
  {
    name: "flags",
    kind: "uint",
    default: 0n,
    doc: "A 64-bit number kept beside the value. It means what you want it to mean.",
  },
  { name: "release", kind: "bool", default: false, doc: "Give the lock on the key back for the session of -session." },
  { name: "session", kind: "string", default: "", doc: "ID of the session that -acquire and -release are for." },
] as const satisfies readonly FlagSpec[];

export const KV_GET_FLAGS = [
  NAMESPACE_FLAG,
  FORMAT_FLAG,
  { name: "base64", kind: "bool", default: false, doc: "Print values as base64." },
  { name: "detailed", kind: "bool", default: false, doc: "Print a key's indexes, flags and session beside its value." },
  {
    name: "keys",
    kind: "bool",
    default: false,
    doc: "Print the keys that start with the given prefix, without their values.",
  },
  { name: "recurse", kind: "bool", default: false, doc: "Print every pair whose key starts with the given prefix." },
  {
    name: "separator",
    kind: "string",
    default: "/",
    doc: "With -keys: stop at the first such text behind the prefix, as a directory listing does.",
  },
] as const satisfies readonly FlagSpec[];

export const KV_DELETE_FLAGS = [
  ...CAS_FLAGS,
  NAMESPACE_FLAG,
  { name: "recurse", kind: "bool", default: false, doc: "Delete every key that starts with the given prefix." },
] as const satisfies readonly FlagSpec[];

export const KV_EXPORT_FLAGS = [NAMESPACE_FLAG] as const satisfies readonly FlagSpec[];

export const KV_IMPORT_FLAGS = [
  NAMESPACE_FLAG,
  { name: "prefix", kind: "string", default: "", doc: "Put this in front of every imported key." },
] as const satisfies readonly FlagSpec[];

export const kvCommands = [
  group({
    path: "kv",
    synopsis: "Read and write the key/value store",
    about: ["Reads and writes the key/value store, which is the same on every server of a datacenter."],
    examples: [
      { why: "Write a value:", line: "kv put redis/config/connections 5" },
      { why: "Read it back:", line: "kv get redis/config/connections" },
      { why: "See its indexes and flags too:", line: "kv get -detailed redis/config/connections" },
      { why: "Delete it:", line: "kv delete redis/config/connections" },
    ],
  }),
  command({
    path: "kv put",
    synopsis: "Write a key",
    usage: "[options] KEY [DATA]",
    about: [
      "Writes a value. Without DATA the key holds an empty value; @file reads it from a file and - from standard input.",
    ],
    examples: [
      { why: "Write a text:", line: "kv put config/redis/maxconns 5" },
      { why: "Write a file:", line: "kv put config/program/license @license.lic" },
      {
        why: "Write only if nobody else wrote since it was read:",
        line: "kv put -cas -modify-index=844 config/redis/maxconns 5",
      },
    ],
    http: "server",
    flags: KV_PUT_FLAGS,
    load: () => import("../kv-put.ts"),
  }),
  command({
    path: "kv get",
    synopsis: "Print a value, or what is below a prefix",
    usage: "[options] [KEY_OR_PREFIX]",
    about: ["Prints the value of a key. Without a key, -recurse and -keys start at the root of the store."],
    examples: [
      { why: "Print a value:", line: "kv get foo" },
      { why: "Print all pairs below a prefix:", line: "kv get -recurse foo" },
      { why: "Print the keys only:", line: "kv get -keys foo" },
    ],
    http: "server",
    flags: KV_GET_FLAGS,
    load: () => import("../kv-get.ts"),
  }),
  command({
    path: "kv delete",
    synopsis: "Delete a key or a prefix",
    usage: "[options] KEY_OR_PREFIX",
    about: ["Deletes a key, or with -recurse all keys of a prefix. A key that does not exist is no error."],
    examples: [
      { why: "Delete one key:", line: "kv delete foo" },
      { why: 'Delete "foo", "food" and "foo/bar":', line: "kv delete -recurse foo" },
    ],
    http: "server",
    flags: KV_DELETE_FLAGS,
    load: () => import("../kv-delete.ts"),
  }),
  command({
    path: "kv export",
    synopsis: "Print a tree as JSON",
    usage: "[KEY_OR_PREFIX]",
    about: ["Prints all pairs of a prefix as JSON that `kv import` reads, here or in another cluster."],
    examples: [{ why: "Keep a copy of a tree:", line: "kv export vault > vault.json" }],
    http: "server",
    flags: KV_EXPORT_FLAGS,
    load: () => import("../kv-export.ts"),
  }),
  command({
    path: "kv import",
    synopsis: "Write a tree that was printed as JSON",
    usage: "[DATA]",
    about: ["Writes the pairs that `kv export` printed. @file reads them from a file and - from standard input."],
    examples: [{ why: "Bring a tree back:", line: "kv import @vault.json" }],
    http: "server",
    flags: KV_IMPORT_FLAGS,
    load: () => import("../kv-import.ts"),
  }),
];
