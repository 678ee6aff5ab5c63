import { area, blocking, http, httpRequest } from "../harness/dsl.ts";
import type { Exchange, Json } from "../harness/types.ts";

const PUT = "PUT /v1/config";
const INDEX = "header:x-consul-index";
const DEFAULTS = { Kind: "service-defaults", Name: "web" };

/** Writes a config entry, and reads what became of it. */
export const kept = (id: string, body: Json & object): Exchange[] => {
  const { Kind, Name } = body as { Kind: string; Name: string };
  return [http(id, PUT, { body }), http(`${id}-kept`, `GET /v1/config/${Kind}/${Name}`)];
};
export const refused = (id: string, body: Json): Exchange => http(id, PUT, { body });

const defaults = (id: string, fields: object) => kept(id, { ...DEFAULTS, ...fields } as Json & object);
const notDefaults = (id: string, fields: object) => refused(id, { ...DEFAULTS, ...fields } as Json);

const empty = [
  http("list-kind-empty", "GET /v1/config/service-defaults"),
  http("list-unknown-kind", "GET /v1/config/nope"),
  http("read-unknown-kind", "GET /v1/config/nope/x"),
  http("read-kind-in-other-case", "GET /v1/config/Service-Defaults/x"),
  http("read-unknown", "GET /v1/config/service-defaults/none"),
  http("read-without-name", "GET /v1/config/service-defaults/"),
  http("read-bad-index", "GET /v1/config/nope?index=x"),
  http("read-conflicting-consistency", "GET /v1/config/service-defaults?stale&consistent"),
  http("read-with-namespace", "GET /v1/config/service-defaults?ns=x"),
  http("read-unknown-datacenter", "GET /v1/config/service-defaults?dc=nowhere"),
  http("delete-unknown", "DELETE /v1/config/service-defaults/none"),
  http("delete-unknown-kind", "DELETE /v1/config/nope/x"),
  http("delete-without-name", "DELETE /v1/config/service-defaults"),
  http("delete-with-empty-name", "DELETE /v1/config/service-defaults/"),
  http("delete-nothing", "DELETE /v1/config/"),
  http("delete-with-namespace", "DELETE /v1/config/service-defaults/x?ns=x"),
  http("delete-in-unknown-datacenter", "DELETE /v1/config/service-defaults/none?dc=nowhere"),
  http("options", "OPTIONS /v1/config"),
  http("options-one", "OPTIONS /v1/config/service-defaults/web"),
  http("get-collection", "GET /v1/config"),
  http("post-collection", "POST /v1/config", { body: {} }),
  http("put-one", "PUT /v1/config/service-defaults/web", { body: {} }),
];

const bodies = [
  refused("body-empty", ""),
  refused("body-blank", " "),
  refused("body-no-json", "nope"),
  refused("body-cut-off", '{"Kind":"service-defaults","Name":"x"'),
  refused("body-trailing-comma", '{"Kind":"service-defaults",}'),
  refused("body-null", "null"),
  refused("body-number", "5"),
  refused("body-list", "[]"),
  refused("body-list-of-one", '[{"Kind":"service-defaults","Name":"x"}]'),
  refused("body-text", '"x"'),
  refused("body-without-kind", {}),
  refused("kind-number", { Kind: 5 }),
  refused("kind-null", { kind: null }),
  refused("kind-empty", { kind: "" }),
  refused("kind-unknown", { Kind: "x" }),
  refused("kind-in-other-case", { Kind: "Service-Defaults", Name: "x" }),
  refused("kind-key-in-upper-case", { KIND: "service-defaults", Name: "x" }),
  refused("kind-twice", { Kind: "service-defaults", kind: "proxy-defaults", Name: "x" }),
  refused("name-missing", { Kind: "service-defaults" }),
  refused("name-empty", { Kind: "service-defaults", Name: "" }),
  refused("name-twice", { Kind: "service-defaults", Name: "x", name: "y" }),
  http("unknown-datacenter-says-nothing", "PUT /v1/config?dc=nowhere", { body: { ...DEFAULTS } }),
  http("unknown-datacenter-with-unknown-kind", "PUT /v1/config?dc=nowhere", { body: { Kind: "x" } }),
  http("with-namespace", "PUT /v1/config?ns=x", { body: { ...DEFAULTS } }),
];

const keys = [
  ...defaults("no-fields", {}),
  ...kept("name-number", { Kind: "service-defaults", Name: "5" }),
  http("keys-in-lower-case", PUT, { body: { kind: "service-defaults", name: "low", protocol: "http" } }),
  http("keys-in-lower-case-kept", "GET /v1/config/service-defaults/low"),
  ...defaults("keys-with-underlines", { mesh_gateway: { mode: "local" }, EXTERNAL_SNI: "s" }),
  ...defaults("keys-in-upper-case", { MESHGATEWAY: { MODE: "remote" } }),
  ...defaults("underlined-beside-lower-case", { Mesh_Gateway: { mode: "local" }, meshgateway: { mode: "remote" } }),
  notDefaults("underlined-beside-own", { mesh_gateway: { Mode: "local" }, MeshGateway: { Mode: "remote" } }),
  notDefaults("lower-case-beside-own", { expose: {}, Expose: { Checks: true } }),
  notDefaults("underlined-beside-own-deep", { Expose: { Paths: [{ listener_port: 1, ListenerPort: 2 }] } }),
  notDefaults("key-without-underlined", { Expose: { Paths: [{ parsed_from_check: true }] } }),
  notDefaults("unknown-key", { Bogus: 1 }),
  notDefaults("unknown-key-deep", { Expose: { Paths: [{ Path: "/a" }, { Bogus: { x: 1 } }] } }),
  notDefaults("unknown-key-quoted", { 'a"b\n': 1 }),
  notDefaults("namespace", { Namespace: "default" }),
  notDefaults("ends-with-namespace", { Expose: { myNamespace: "x" } }),
  notDefaults("partition", { Partition: "default" }),
  ...defaults("indexes-are-passed-over", { CreateIndex: 5, ModifyIndex: 7 }),
  notDefaults("indexes-in-lower-case", { createindex: 5 }),
  notDefaults("indexes-with-underlines", { create_index: 5 }),
  notDefaults("indexes-deep", { Expose: { CreateIndex: 5 } }),
  ...defaults("raft-index", { RaftIndex: { CreateIndex: 77, ModifyIndex: "5" } }),
  notDefaults("raft-index-negative-text", { RaftIndex: { CreateIndex: "-1" } }),
  notDefaults("raft-index-unknown-key", { RaftIndex: { x: 1 } }),
];

const types = [
  ...defaults("text-from-number", { Protocol: 5 }),
  ...defaults("text-from-fraction", { Protocol: 1.5 }),
  ...defaults("text-from-large-number", { Protocol: 1e30 }),
  ...defaults("text-from-small-number", { Protocol: 1.5e-7 }),
  ...defaults("text-from-negative", { Protocol: -3 }),
  ...defaults("text-from-true", { Protocol: true }),
  ...defaults("text-from-list-of-one", { Protocol: ["Http"] }),
  ...defaults("nulls", { Protocol: null, Expose: null, MeshGateway: null, Meta: null }),
  notDefaults("text-from-list", { Protocol: ["a", "b"] }),
  notDefaults("text-from-empty-list", { Protocol: [] }),
  notDefaults("text-from-map", { Protocol: {} }),
  notDefaults("text-from-nested-list", { Protocol: [["a"]] }),
  ...defaults("flag-from-text", { Expose: { Checks: "T" } }),
  ...defaults("flag-from-empty-text", { Expose: { Checks: "" } }),
  ...defaults("flag-from-fraction", { Expose: { Checks: 2.5 } }),
  ...defaults("flag-from-list-of-one", { Expose: { Checks: ["true"] } }),
  notDefaults("flag-from-bad-text", { Expose: { Checks: "maybe" } }),
  notDefaults("flag-from-map", { Expose: { Checks: {} } }),
  notDefaults("flag-from-list", { Expose: { Checks: [true, false] } }),
  ...["5", "0x10", "1_000", "0b11", "010", "0o17", "-7", "+7"].flatMap((text) =>
    defaults(`number-from-text-${text}`, { Expose: { Paths: [{ ListenerPort: text }] } }),
  ),
  ...["", "x", "1.5", " 5", "1__0", "_1", "08", "99999999999999999999"].map((text) =>
    notDefaults(`number-from-bad-text-${text.replaceAll(" ", "blank")}`, {
      Expose: { Paths: [{ ListenerPort: text }] },
    }),
  ),
  ...defaults("number-from-fraction", { Expose: { Paths: [{ ListenerPort: 1.9, LocalPathPort: -1.9 }] } }),
  ...defaults("number-from-true", { Expose: { Paths: [{ ListenerPort: true, LocalPathPort: [5] }] } }),
  notDefaults("number-from-map", { Expose: { Paths: [{ ListenerPort: {} }] } }),
  ...defaults("list-from-map", { Expose: { Paths: { Path: "/x" } } }),
  ...defaults("list-from-empty-map", { Expose: { Paths: {} } }),
  ...defaults("list-empty", { Expose: { Paths: [] } }),
  ...defaults("list-of-empty-map", { Expose: { Paths: [{}] } }),
  ...defaults("list-of-null", { Expose: { Paths: [null] } }),
  ...defaults("list-of-list-of-one", { Expose: { Paths: [[{ Path: "/y" }]] } }),
  notDefaults("list-from-text", { Expose: { Paths: "x" } }),
  notDefaults("list-of-empty-list", { Expose: { Paths: [[]] } }),
  notDefaults("list-of-mixed", { Expose: { Paths: [{ Path: "/a" }, "x", 5] } }),
  ...defaults("map-from-list-of-one", { Expose: [{ Checks: true }] }),
  notDefaults("map-from-list", { Expose: [{ Checks: true }, {}] }),
  notDefaults("map-from-empty-list", { Expose: [] }),
  notDefaults("map-from-text", { MeshGateway: "x" }),
  notDefaults("map-from-flag", { MeshGateway: true }),
  notDefaults("all-errors-at-once", {
    Expose: { Checks: "maybe", Paths: [{ ListenerPort: "q" }, { Path: {} }] },
    Meta: "x",
    MeshGateway: 5,
  }),
];

const meta = [
  ...defaults("meta", { Meta: { Z: "1", a: "2", "": "x" } }),
  ...defaults("meta-from-list", { Meta: [{ a: "b" }, { c: "d" }] }),
  ...defaults("meta-of-other-types", { Meta: { a: 5, b: true, c: null, d: ["x"], e: 1.5 } }),
  notDefaults("meta-of-maps", { Meta: { a: {}, b: [] } }),
  notDefaults("meta-of-text", { Meta: "x" }),
  notDefaults("meta-with-text-in-list", { Meta: [{ a: "1" }, "x"] }),
  notDefaults("meta-too-many", { Meta: Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`k${i}`, ""])) }),
  notDefaults("meta-key-too-long", { Meta: { ["k".repeat(129)]: "" } }),
  notDefaults("meta-value-too-long", { Meta: { k: "v".repeat(513) } }),
  ...defaults("meta-odd-keys", { Meta: { "a b": "x", "consul-x": "y" } }),
];

const values = [
  ...defaults("protocol-in-upper-case", { Protocol: "HTTP2" }),
  ...defaults("protocol-unknown", { Protocol: "bogus" }),
  ...defaults("mode-unknown", { MeshGateway: { Mode: "bogus" } }),
  ...defaults("everything", {
    Protocol: "http",
    MeshGateway: { Mode: "local" },
    Expose: {
      Checks: true,
      Paths: [{ ListenerPort: 1, Path: "no-slash", LocalPathPort: 2, Protocol: "x", ParsedFromCheck: true }],
    },
    ExternalSNI: "sni",
    Meta: { a: "b" },
  }),
  http("everything-bytes", "GET /v1/config/service-defaults/web", { raw: true }),
  http("everything-pretty-bytes", "GET /v1/config/service-defaults/web?pretty", { raw: true }),
  http("name-in-other-case-replaces", PUT, { body: { Kind: "service-defaults", Name: "WEB" } }),
  http("name-in-other-case-reads", "GET /v1/config/service-defaults/wEb"),
  refused("name-with-slash-and-blank", { Kind: "service-defaults", Name: "a/b c" }),
  http("name-with-slash-and-blank-kept", "GET /v1/config/service-defaults/a/b%20c"),
  http("name-with-encoded-slash", "GET /v1/config/service-defaults/a%2Fb%20c"),
  http("name-with-slash-unknown", "GET /v1/config/service-defaults/a/b/"),
  http("list-kind", "GET /v1/config/service-defaults"),
  http("list-other-kind", "GET /v1/config/service-router"),
  http("list-bytes", "GET /v1/config/service-defaults", { raw: true }),
  http("list-pretty-empty-bytes", "GET /v1/config/service-router?pretty", { raw: true }),
  http("list-stale", "GET /v1/config/service-defaults?stale"),
  http("list-consistent", "GET /v1/config/service-defaults?consistent"),
  http("list-cached", "GET /v1/config/service-defaults?cached"),
];

const PROXY = { Kind: "proxy-defaults", Name: "global" };
const proxy = (id: string, fields: object) => kept(id, { ...PROXY, ...fields } as Json & object);
const notProxy = (id: string, fields: object) => refused(id, { ...PROXY, ...fields } as Json);

const proxies = [
  ...proxy("proxy-nothing", {}),
  ...proxy("proxy-empty-config", { Config: {} }),
  ...proxy("proxy-empty-list", { Config: [] }),
  ...proxy("proxy-list-of-configs", { Config: [{ a: 1 }, { b: 2 }] }),
  ...proxy("proxy-config", {
    config: { b: { z: [1, { y: true }], a: "<>&" }, A: 1.5, a: 1000, big: 1e21, mesh_gateway: { mode: "x" } },
  }),
  http("proxy-config-bytes", "GET /v1/config/proxy-defaults/global", { raw: true }),
  ...proxy("proxy-lists-of-one", { Config: { a: ["x"], b: ["x", "y"], c: [{ z: ["w"] }], d: [[["q"]]], e: [] } }),
  ...proxy("proxy-lists-of-one-in-a-list-of-one", {
    Config: {
      m: [{ a: { h: ["i"] }, b: [{ c: ["d"], f: [{ g: ["h"] }] }], e: [[1]], n: [["u"], ["v"]], o: [[{ p: ["q"] }]] }],
      q: [{ p: ["q"] }, { q: ["r"] }],
      r: [[{ p: ["q"] }, { r: [["s"]] }]],
      x: { y: [{ z: ["w"] }] },
    },
  }),
  ...proxy("proxy-everything", {
    Config: { protocol: "tcp" },
    MeshGateway: { Mode: "remote" },
    Expose: { Checks: true, Paths: [{ Path: "/x" }] },
    Meta: { a: "b" },
  }),
  notProxy("proxy-config-text", { Config: "x" }),
  notProxy("proxy-unknown-key", { Protocol: "x" }),
  http("proxy-any-name", PUT, { body: { Kind: "proxy-defaults", Name: "other" } }),
  http("proxy-any-name-is-global", "GET /v1/config/proxy-defaults"),
  http("proxy-without-name", PUT, { body: { Kind: "proxy-defaults" } }),
  http("proxy-other-name-unknown", "GET /v1/config/proxy-defaults/other"),
  http("proxy-delete-other-name", "DELETE /v1/config/proxy-defaults/other"),
  http("proxy-delete", "DELETE /v1/config/proxy-defaults/GLOBAL"),
  http("proxy-deleted", "GET /v1/config/proxy-defaults/global"),
];

const CAS = { Kind: "service-defaults", Name: "cas" };
const conditions = [
  http("cas-no-number", `${PUT}?cas=x`, { body: CAS }),
  http("cas-negative", `${PUT}?cas=-1`, { body: CAS }),
  http("cas-too-large", `${PUT}?cas=99999999999999999999`, { body: CAS }),
  http("cas-of-none", `${PUT}?cas=5`, { body: CAS }),
  http("cas-0-creates", `${PUT}?cas=0`, { body: CAS }),
  http("cas-0-of-present", `${PUT}?cas=0`, { body: CAS }),
  http("cas-read", "GET /v1/config/service-defaults/cas", { capture: { cas: "json:ModifyIndex" } }),
  http("cas-holds", `${PUT}?cas=@{cas}`, { body: { ...CAS, Protocol: "grpc" } }),
  http("cas-old", `${PUT}?cas=@{cas}`, { body: CAS }),
  http("cas-empty-is-none", `${PUT}?cas=`, { body: CAS }),
  http("cas-without-value-is-none", `${PUT}?cas`, { body: CAS }),
  http("cas-with-bad-entry", `${PUT}?cas=0`, { body: { Kind: "service-splitter", Name: "x" } }),
];

const WAITED = { Kind: "service-defaults", Name: "waited" };
const waited = (Protocol: string) => httpRequest(PUT, { body: { ...WAITED, Protocol } });
const READ = "GET /v1/config/service-defaults/waited";

const waits = [
  http("index-before", READ, { capture: { before: INDEX } }),
  blocking("creation-wakes", `${READ}?index=@{before}&wait=10s`, { meanwhile: [waited("tcp")] }),
  http("index-created", READ, { capture: { created: INDEX }, compareTo: ["before"] }),
  blocking("times-out", `${READ}?index=@{created}&wait=200ms`, { compareTo: ["created"] }),
  blocking("change-wakes", `${READ}?index=@{created}&wait=10s`, { meanwhile: [waited("http")] }),
  http("index-changed", "GET /v1/config/service-defaults", { capture: { changed: INDEX }, compareTo: ["created"] }),
  blocking("change-wakes-list", "GET /v1/config/service-defaults?index=@{changed}&wait=10s", {
    meanwhile: [waited("grpc")],
  }),
  http("index-of-list", "GET /v1/config/service-defaults", { capture: { all: INDEX }, compareTo: ["changed"] }),
  http("index-of-other-kind", "GET /v1/config/service-router", { capture: { other: INDEX }, compareTo: ["all"] }),
  http("index-of-unknown", "GET /v1/config/service-router/none", { compareTo: ["other"] }),
  http("same-value-again", PUT, { body: { ...WAITED, Protocol: "grpc" } }),
  http("same-value-moves-index", READ, { capture: { same: INDEX }, compareTo: ["other"] }),
  http("key-written", "PUT /v1/kv/x", { body: "x" }),
  http("index-stays", READ, { compareTo: ["same"] }),
  blocking("deletion-wakes", `${READ}?index=@{same}&wait=10s`, {
    meanwhile: [httpRequest("DELETE /v1/config/service-defaults/WAITED")],
  }),
  http("deleted", READ, { capture: { deleted: INDEX }, compareTo: ["same"] }),
  http("delete-again", "DELETE /v1/config/service-defaults/waited"),
  http("delete-again-moves-nothing", READ, { compareTo: ["deleted"] }),
  http("delete-pretty", "DELETE /v1/config/service-defaults/waited?pretty", { raw: true }),
];

/** What later versions of Consul brought. */
const later = [
  http("later-field", PUT, { body: { Kind: "service-defaults", Name: "later", Mode: "transparent" } }),
  http("later-kind", PUT, { body: { Kind: "mesh", TransparentProxy: { MeshDestinationsOnly: true } } }),
  http("later-kind-list", "GET /v1/config/exported-services"),
  http("delete-on-condition-of-nothing", "DELETE /v1/config/service-defaults/cas?cas=1"),
  http("list-with-filter", "GET /v1/config/service-defaults?filter=Name==none"),
];

/** What is the same for all kinds: bodies, keys, types, conditions, waiting; and the two kinds of defaults. */
export const config = area("config", [
  ...empty,
  ...bodies,
  ...keys,
  ...types,
  ...meta,
  ...values,
  ...proxies,
  ...conditions,
  ...waits,
  ...later,
]);

/** All kinds at once: a real client fails there, because its server's answer does not say which kinds it holds. */
export const configAll = area("config-all", [
  http("list-all-empty", "GET /v1/config/"),
  refused("put-proxy", { Kind: "proxy-defaults", Name: "global" }),
  refused("put-web", { Kind: "service-defaults", Name: "Web" }),
  refused("put-api", { Kind: "service-defaults", Name: "api" }),
  refused("put-gateway", { Kind: "terminating-gateway", Name: "tg" }),
  http("list-all", "GET /v1/config/", { capture: { all: INDEX } }),
  blocking("change-wakes-list-of-all", "GET /v1/config/?index=@{all}&wait=10s", {
    meanwhile: [httpRequest("DELETE /v1/config/service-defaults/api")],
  }),
]);
