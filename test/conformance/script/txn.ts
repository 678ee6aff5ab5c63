import { area, http } from "../harness/dsl.ts";
import type { Json } from "../harness/types.ts";

const UNKNOWN = "00000000-0000-0000-0000-00000000dead";
const VALUE = "djE=";

const txn = (id: string, body: Json, options = {}) => http(id, "PUT /v1/txn", { body, ...options });
const kvOp = (Verb: string, Key: string, extra: Record<string, Json> = {}) => ({ KV: { Verb, Key, ...extra } });
const many = (count: number) => Array.from({ length: count }, (_, at) => kvOp("set", `many/${at}`, { Value: VALUE }));

const refusals = [
  txn("no-body", ""),
  txn("not-json", "nope"),
  txn("object-not-array", {}),
  txn("empty-array", []),
  txn("empty-operation", [{}]),
  txn("unknown-field", [{ Bogus: {} }]),
  txn("unknown-kv-field", [{ KV: { Verb: "get", Key: "a", Bogus: 1 } }]),
  txn("unknown-kv-verb", [kvOp("bogus", "a")]),
  txn("newer-kv-verb", [kvOp("get-or-empty", "a")]),
  txn("missing-verb", [{ KV: { Key: "a" } }]),
  txn("empty-key", [kvOp("set", "", { Value: VALUE })]),
  txn("value-not-base64", [kvOp("set", "a", { Value: "%%%" })]),
  txn("two-kinds-in-one-operation", [{ ...kvOp("get", "a"), Node: { Verb: "get", Node: { Node: "n1" } } }]),
  txn("session-verb", [{ Session: { Verb: "delete", Session: { ID: UNKNOWN } } }]),
  txn("too-many-operations", many(65)),
  txn("most-operations", many(64), { raw: true }),
  txn("too-large-body", [kvOp("set", "big", { Value: "A".repeat(530_000) })]),
  http("by-get", "GET /v1/txn"),
  http("by-post", "POST /v1/txn", { body: [] }),
  http("stale-and-consistent", "PUT /v1/txn?stale&consistent", { body: [kvOp("get", "a")] }),
  http("unknown-datacenter", "PUT /v1/txn?dc=nowhere", { body: [kvOp("get", "a")] }),
];

const keyValue = [
  txn("set", [kvOp("set", "t/a", { Value: VALUE, Flags: 7 })]),
  txn("set-bytes", [kvOp("set", "t/a", { Value: VALUE, Flags: 8 })], { raw: true }),
  txn("get", [kvOp("get", "t/a")], { capture: { a: "json:Results.0.KV.ModifyIndex" } }),
  txn("get-bytes", [kvOp("get", "t/a")], { raw: true }),
  http("get-pretty", "PUT /v1/txn?pretty", { body: [kvOp("get", "t/a")], raw: true }),
  http("get-stale", "PUT /v1/txn?stale", { body: [kvOp("get", "t/a")] }),
  http("get-consistent", "PUT /v1/txn?consistent", { body: [kvOp("get", "t/a")] }),
  txn("get-missing", [kvOp("get", "t/none")]),
  txn("get-tree", [kvOp("get-tree", "t/")]),
  txn("get-tree-missing", [kvOp("get-tree", "none/")]),
  txn("upper-case-verb", [{ KV: { Verb: "GET", Key: "t/a" } }]),
  txn("lower-case-fields", [{ kv: { verb: "get", key: "t/a" } }]),
  txn("all-or-nothing", [kvOp("set", "t/lost", { Value: VALUE }), kvOp("get", "t/none")]),
  http("nothing-was-kept", "GET /v1/kv/t/lost"),
  txn("later-sees-earlier", [
    kvOp("set", "t/b", { Value: VALUE }),
    kvOp("get", "t/b"),
    kvOp("delete", "t/b"),
    kvOp("check-not-exists", "t/b"),
  ]),
  txn("cas-0-creates", [kvOp("cas", "t/c", { Value: VALUE, Index: 0 })]),
  txn("cas-0-exists", [kvOp("cas", "t/c", { Value: VALUE, Index: 0 })]),
  txn("cas-stale", [kvOp("cas", "t/c", { Value: VALUE, Index: 1 })]),
  txn("cas-missing-key", [kvOp("cas", "t/none", { Value: VALUE, Index: 5 })]),
  txn("check-index-wrong", [kvOp("check-index", "t/none", { Index: 5 })]),
  txn("check-not-exists-true", [kvOp("check-not-exists", "t/none")]),
  txn("check-not-exists-false", [kvOp("check-not-exists", "t/a")]),
  txn("check-session-missing-key", [kvOp("check-session", "t/none", { Session: UNKNOWN })]),
  txn("check-session-wrong", [kvOp("check-session", "t/a", { Session: UNKNOWN })]),
  txn("lock-unknown-session", [kvOp("lock", "t/l", { Value: VALUE, Session: UNKNOWN })]),
  txn("lock-without-session", [kvOp("lock", "t/l", { Value: VALUE })]),
  txn("unlock-not-held", [kvOp("unlock", "t/l", { Value: VALUE, Session: UNKNOWN })]),
  txn("several-failures", [kvOp("get", "t/none"), kvOp("get", "t/a"), kvOp("check-not-exists", "t/a")]),
  txn("delete", [kvOp("delete", "t/c")]),
  txn("delete-missing", [kvOp("delete", "t/c")]),
  txn("delete-cas-missing", [kvOp("delete-cas", "t/c", { Index: 4 })]),
  txn("delete-cas-wrong", [kvOp("delete-cas", "t/a", { Index: 1 })]),
  txn("delete-tree", [kvOp("delete-tree", "many/"), kvOp("get-tree", "many/")]),
  txn("get-and-check", [kvOp("get", "t/a"), kvOp("check-not-exists", "t/none")]),
];

const locking = [
  http("session", "PUT /v1/session/create", { body: { LockDelay: "0s" }, capture: { holder: "json:ID" } }),
  txn("lock", [kvOp("lock", "t/l", { Value: VALUE, Session: "@{holder}" })]),
  txn("lock-again", [kvOp("lock", "t/l", { Value: "djI=", Session: "@{holder}" })]),
  txn("check-session", [kvOp("check-session", "t/l", { Session: "@{holder}" })]),
  txn("get-locked", [kvOp("get", "t/l")]),
  txn("unlock", [kvOp("unlock", "t/l", { Value: VALUE, Session: "@{holder}" })]),
  txn("unlock-twice", [kvOp("unlock", "t/l", { Value: VALUE, Session: "@{holder}" })]),
];

const node = (Verb: string, Node: Record<string, Json>) => ({ Node: { Verb, Node } });
const service = (Verb: string, Node: string, Service: Record<string, Json>) => ({ Service: { Verb, Node, Service } });
const check = (Verb: string, Check: Record<string, Json>) => ({ Check: { Verb, Check } });
const EXT = { Node: "ext1", Address: "10.3.0.1" };

const registry = [
  txn("node-get-unknown", [node("get", { Node: "none" })]),
  txn("node-unknown-verb", [node("bogus", EXT)]),
  txn("node-set", [node("set", { ...EXT, Meta: { a: "b" } })]),
  txn("node-get", [node("get", { Node: "ext1" })]),
  txn("node-cas-stale", [node("cas", { ...EXT, ModifyIndex: 1 })]),
  txn("node-set-bad-id", [node("set", { ...EXT, ID: "short" })]),
  txn("service-set-unknown-node", [service("set", "none", { Service: "web" })]),
  txn("service-set", [service("set", "ext1", { ID: "web-1", Service: "web", Port: 80, Tags: ["a"] })]),
  txn("service-get", [service("get", "ext1", { ID: "web-1" })]),
  txn("service-get-unknown", [service("get", "ext1", { ID: "none" })]),
  txn("service-cas-stale", [service("cas", "ext1", { ID: "web-1", Service: "web", ModifyIndex: 1 })]),
  txn("service-unknown-verb", [service("bogus", "ext1", { ID: "web-1" })]),
  txn("check-set", [check("set", { Node: "ext1", CheckID: "c1", Name: "c1", Status: "passing", ServiceID: "web-1" })]),
  txn("check-set-missing-service", [check("set", { Node: "ext1", CheckID: "c2", Name: "c2", ServiceID: "none" })]),
  txn("check-get", [check("get", { Node: "ext1", CheckID: "c1" })]),
  txn("check-get-unknown", [check("get", { Node: "ext1", CheckID: "none" })]),
  txn("check-cas-stale", [check("cas", { Node: "ext1", CheckID: "c1", Name: "c1", ModifyIndex: 1 })]),
  txn("check-with-definition", [
    check("set", {
      Node: "ext1",
      CheckID: "c3",
      Name: "c3",
      Status: "critical",
      Definition: { HTTP: "http://x", Interval: "5s", Timeout: "2s", DeregisterCriticalServiceAfter: "30s" },
    }),
  ]),
  txn("check-unknown-verb", [check("bogus", { Node: "ext1", CheckID: "c1" })]),
  txn("check-delete", [check("delete", { Node: "ext1", CheckID: "c1" })]),
  txn("check-delete-cas-stale", [check("delete-cas", { Node: "ext1", CheckID: "c3", ModifyIndex: 1 })]),
  txn("service-delete", [service("delete", "ext1", { ID: "web-1" })]),
  txn("service-delete-cas-missing", [service("delete-cas", "ext1", { ID: "web-1", ModifyIndex: 1 })]),
  txn("node-and-service-together", [
    node("set", { Node: "ext2", Address: "10.3.0.2" }),
    service("set", "ext2", { Service: "db" }),
    check("set", { Node: "ext2", CheckID: "db", Name: "db", ServiceID: "db", Status: "passing" }),
    kvOp("set", "t/mixed", { Value: VALUE }),
  ]),
  http("registered-together", "GET /v1/health/service/db"),
  txn("node-delete", [node("delete", { Node: "ext2" })]),
  txn("node-delete-missing", [node("delete", { Node: "ext2" })]),
  txn("node-delete-cas-stale", [node("delete-cas", { Node: "ext1", ModifyIndex: 1 })]),
  http("service-went-with-node", "GET /v1/health/service/db"),
];

/** Transactions: refusals, each verb of each kind, atomicity. */
export const transactions = area("txn", [...refusals, ...keyValue, ...locking, ...registry]);
