import { area, http } from "../harness/dsl.ts";
import type { Json } from "../harness/types.ts";
import { kept, refused } from "./config.ts";

type Fields = Readonly<Record<string, Json>>;

const protocols = ["http", "http2", "grpc"].map((Protocol) =>
  refused(`protocol-${Protocol}`, { Kind: "service-defaults", Name: Protocol, Protocol }),
);

const INGRESS = { Kind: "ingress-gateway", Name: "ig" };
const ingress = (id: string, fields: Fields) => kept(`ingress-${id}`, { ...INGRESS, ...fields });
const notIngress = (id: string, fields: Fields) => refused(`ingress-${id}`, { ...INGRESS, ...fields });
const listener = (id: string, ...Listeners: Json[]) => ingress(id, { Listeners });
const noListener = (id: string, ...Listeners: Json[]) => notIngress(id, { Listeners });
const A = [{ Name: "a" }];
const http80 = (...Services: Json[]): Json => ({ Port: 80, Protocol: "http", Services });
const host = (name: string): Json => http80({ Name: "http", Hosts: [name] });

const ingresses = [
  refused("ingress-without-name", { Kind: "ingress-gateway" }),
  ...ingress("nothing", {}),
  ...ingress("empty", { Listeners: [], TLS: null, Meta: { a: "b" } }),
  ...ingress("tls", { tls: { enabled: "true" } }),
  notIngress("tls-unknown-key", { TLS: { Bogus: 1 } }),
  ...listener("tcp", { Port: "80", Services: A }),
  http("ingress-tcp-bytes", "GET /v1/config/ingress-gateway/ig", { raw: true }),
  ...listener("not-listed", { Port: 80, Services: { name: "a", hosts: null } }),
  ...listener("protocol-in-upper-case", { Port: 80, Protocol: "TCP", Services: A }),
  ...listener("any-port", { Port: -1, Services: A }, { Port: 0, Services: A }, { Port: 70000, Services: A }),
  ...listener("with-underlines", { port: 80, protocol: "tcp", services: [{ name: "a" }] }),
  ...listener("service-meta", { Port: 80, Services: [{ Name: "a", Meta: { x: "y" } }] }),
  noListener("protocol-unknown", { Port: 80, Protocol: "bogus", Services: A }),
  noListener("no-services", { Port: 80 }),
  noListener("empty-services", { Port: 81, Services: [] }),
  noListener("empty-listener", {}),
  noListener("port-twice", { Port: 80, Services: A }, { Port: 80, Services: [{ Name: "b" }] }),
  noListener("tcp-two-services", { Port: 80, Services: [{ Name: "a" }, { Name: "b" }] }),
  noListener("tcp-wildcard", { Port: 80, Services: [{ Name: "*" }] }),
  noListener("tcp-hosts", { Port: 80, Services: [{ Name: "a", Hosts: ["a.com"] }] }),
  noListener("service-without-name", { Port: 80, Services: [{}] }),
  noListener("service-without-name-but-hosts", { Port: 80, Services: [{ Hosts: ["x"] }] }),
  noListener("service-namespace", { Port: 80, Services: [{ Name: "a", Namespace: "" }] }),
  noListener("service-unknown-key", { Port: 80, Services: [{ Name: "a", Bogus: 1 }] }),
  noListener("listener-unknown-key", { Port: 80, Meta: {}, Services: A }),
  ...listener("http", http80({ Name: "http" })),
  ...listener("http-in-upper-case", { Port: 80, Protocol: "HTTP", Services: [{ Name: "http", Hosts: [] }] }),
  ...listener("http2", { Port: 80, Protocol: "http2", Services: [{ Name: "http2", Hosts: "a.com" }] }),
  ...listener("grpc", { Port: 80, Protocol: "grpc", Services: [{ Name: "grpc" }] }),
  refused("http-of-all", { Kind: "proxy-defaults", Name: "global", Config: { protocol: "http" } }),
  ...listener("wildcard", http80({ Name: "*" }, { Name: "b" })),
  ...listener("two-services", http80({ Name: "a" }, { Name: "a" }, { Name: "A" })),
  noListener("grpc-two-services", { Port: 80, Protocol: "grpc", Services: [{ Name: "a" }, { Name: "b" }] }),
  noListener("grpc-wildcard", { Port: 80, Protocol: "grpc", Services: [{ Name: "*" }] }),
  noListener("wildcard-hosts", http80({ Name: "*", Hosts: ["a.com"] })),
  noListener("hosts-twice", http80({ Name: "a", Hosts: ["a.com"] }, { Name: "b", Hosts: ["a.com"] })),
  noListener("second-without-name", http80({ Name: "a" }, { Name: "", Hosts: ["b"] })),
  ...["a.com", "*", "*.a.com", "a com", "A.com", "a.com:80", "-a", ".a", "a.", "*.", "é.com", "a\\.b"].flatMap((name) =>
    listener(`host-${name}`, host(name)),
  ),
  ...["a.*.com", "*a.com", "a*", "", "a..b", "*.*.com", "*:80", "**", `${"x".repeat(64)}.com`].map((name) =>
    noListener(`host-${name.slice(0, 8)}`, host(name)),
  ),
  noListener("host-too-long", host(`${"a.".repeat(150)}com`)),
  ...listener("wildcard-host-and-other", http80({ Name: "a", Hosts: ["*", "a.com"] })),
  notIngress("tls-wildcard-host", { TLS: { Enabled: true }, Listeners: [host("*")] }),
  ...ingress("tls-wildcard-label", { TLS: { Enabled: true }, Listeners: [host("*.a.com")] }),
];

const TERMINATING = { Kind: "terminating-gateway", Name: "tg" };
const terminating = (id: string, ...Services: Json[]) => kept(`terminating-${id}`, { ...TERMINATING, Services });
const notTerminating = (id: string, ...Services: Json[]) => refused(`terminating-${id}`, { ...TERMINATING, Services });
const FILES = { CAFile: "c", CertFile: "x", KeyFile: "y" };

const terminatings = [
  refused("terminating-without-name", { Kind: "terminating-gateway" }),
  ...kept("terminating-nothing", { ...TERMINATING }),
  ...terminating("empty"),
  ...terminating("one", { Name: "a" }),
  ...terminating("other-case", { Name: "a" }, { Name: "A" }),
  ...terminating("wildcard", { Name: "*" }, { Name: "a", SNI: "s" }),
  ...terminating("ca", { Name: "a", CAFile: "c", SNI: "s" }),
  ...terminating("files", { Name: "a", ...FILES }),
  ...terminating("with-underlines", { name: "a", ca_file: "c", cert_file: "x", key_file: "y", sni: "s" }),
  http("terminating-bytes", "GET /v1/config/terminating-gateway/tg", { raw: true }),
  ...kept("terminating-not-listed", { ...TERMINATING, services: { Name: "a" }, Meta: { x: "y" } }),
  notTerminating("no-name", { SNI: "x" }),
  notTerminating("twice", { Name: "a" }, { Name: "a" }),
  notTerminating("cert-alone", { Name: "a", CertFile: "x" }),
  notTerminating("key-alone", { Name: "a", KeyFile: "x" }),
  notTerminating("without-ca", { Name: "a", CertFile: "x", KeyFile: "y" }),
  notTerminating("without-key", { Name: "a", CAFile: "c", CertFile: "x" }),
  notTerminating("namespace", { Name: "a", Namespace: "x" }),
  notTerminating("unknown-key", { Name: "a", Bogus: 1 }),
  http("delete", "DELETE /v1/config/terminating-gateway/TG"),
  http("deleted", "GET /v1/config/terminating-gateway"),
];

/** The kinds of gateways. */
export const configGateways = area("config-gateways", [...protocols, ...ingresses, ...terminatings]);
