import { expect, test } from "bun:test";
import { configEntry } from "../../../../src/state/config-entries/queries.ts";
import { allProxies, defaults, entriesRig, ingress, refused, resolver, router, splitter } from "./rig.ts";

const subsets = (...names: string[]) => ({ Subsets: Object.fromEntries(names.map((name) => [name, {}])) });

test("an entry that is refused changes nothing", () => {
  const { put, db, touched } = entriesRig();
  expect(put(splitter("web", "web"))).toEqual(
    refused('discovery chain "web" uses a protocol "tcp" that does not permit advanced routing or splitting behavior'),
  );
  expect(configEntry(db, "service-splitter", "web")).toBeUndefined();
  expect(touched.flat()).toEqual([]);
});

test("what others need can be neither changed nor deleted; once they are gone it can", () => {
  const { put, remove } = entriesRig();
  put(allProxies("http"));
  put(resolver("api", subsets("v1")));
  put(router("web", { Routes: [{ Destination: { Service: "api", ServiceSubset: "v1" } }] }));
  const missing = refused('service "api" does not have a subset named "v1"');
  expect(put(resolver("api", subsets("v2")))).toEqual(missing);
  expect(remove("service-resolver", "api")).toEqual(missing);
  expect(put(resolver("api", subsets("v1", "v2")))).toBe(true);
  expect(remove("service-router", "web")).toBe(true);
  expect(remove("service-resolver", "api")).toBe(true);
});

test("of several chains that no longer compile the same one is told on every server: the own, then by kind and name", () => {
  const { put } = entriesRig();
  put(allProxies("http"));
  for (const name of ["z", "y", "x"]) put(splitter(name, "api", name));
  const told = (chain: string) =>
    refused(`discovery chain "${chain}" uses inconsistent protocols; service "${chain}" has "http" which is not "tcp"`);
  expect(put(defaults("api", { Protocol: "tcp" }))).toEqual(told("x"));
});

test("the protocol of all proxies is looked at for all chains, their other settings for none", () => {
  const { put, remove } = entriesRig();
  put(allProxies("http"));
  put(splitter("web", "a", "b"));
  const told = refused(
    'discovery chain "web" uses a protocol "tcp" that does not permit advanced routing or splitting behavior',
  );
  expect(put(allProxies("tcp"))).toEqual(told);
  expect(remove("proxy-defaults", "global")).toEqual(told);
  expect(put(allProxies("grpc"))).toBe(true);
  expect(put(allProxies("grpc", { MeshGateway: { Mode: "local" } }))).toBe(true);
});

test("a gateway's services speak the protocol of its listeners, also when it is said for all", () => {
  const { put } = entriesRig();
  put(allProxies("http"));
  const gate = (Protocol: string) =>
    put(ingress("gate", { Listeners: [{ Port: 80, Protocol, Services: [{ Name: "web" }] }] }));
  const told = (spoken: string, wanted: string) =>
    refused(`service "web" has protocol "${spoken}", which does not match defined listener protocol "${wanted}"`);
  expect(gate("tcp")).toEqual(told("http", "tcp"));
  expect(gate("http")).toBe(true);
  expect(put(allProxies("tcp"))).toEqual(told("tcp", "http"));
  expect(put(defaults("web", { Protocol: "grpc" }))).toEqual(told("grpc", "http"));
  expect(put(defaults("web", { Protocol: "http" }))).toBe(true);
  expect(put(allProxies("tcp"))).toBe(true);
});

test("kinds that lead to no chain are taken as they are", () => {
  const { put } = entriesRig();
  expect(put({ Kind: "mesh" })).toBe(true);
  expect(put({ Kind: "service-intentions", Name: "web", Sources: [{ Name: "*", Action: "deny" }] })).toBe(true);
});

test("weights, timeouts and filters change without a look at others; what leads somewhere else does not", () => {
  const { put, db } = entriesRig();
  put(allProxies("http"));
  put(resolver("api", { Subsets: { v1: { Filter: "a == 1" } } }));
  const split = (Weight: number, ServiceSubset: string) => ({
    ...{ Kind: "service-splitter", Name: "web" },
    Splits: [{ Weight, Service: "api", ServiceSubset }, { Weight: 100 - Weight }],
  });
  put(split(10, "v1"));
  // As an archive may bring it: no longer right, and not this writer's fault.
  db.$client.run("DELETE FROM config_entries WHERE kind = 'proxy-defaults'");
  expect(put(split(90, "v1"))).toBe(true);
  expect(put(resolver("api", { ConnectTimeout: "3s", Subsets: { v1: { Filter: "a == 2" } } }))).toBe(true);
  expect(put(split(90, "v2"))).toEqual(refused('service "api" does not have a subset named "v2"'));
});

test("an entry that leads to too many services is refused", () => {
  const { put } = entriesRig();
  const services = (count: number) => Array.from({ length: count }, (_, at) => ({ Name: `s${at}`, Hosts: [`${at}`] }));
  const gate = (count: number) =>
    put(ingress("gate", { Listeners: [{ Port: 80, Protocol: "tcp", Services: services(count) }] }));
  expect(gate(5000)).toBe(true);
  expect(gate(5001)).toEqual(refused('ingress-gateway "gate" leads to more than 5000 services'));
});

test("the protocol of all proxies is looked at for those chains alone that lead to a service without one of its own", () => {
  const { put, db } = entriesRig();
  put(allProxies("http"));
  put(defaults("web", { Protocol: "http" }));
  put(defaults("api", { Protocol: "http" }));
  put(splitter("web", "api", "web"));
  put(splitter("front", "middle"));
  put(resolver("Middle", { Redirect: { Service: "back" } }));
  // As an archive may bring it: the chain of "web" is no longer right, whatever is said for all.
  const grpc = defaults("api", { Protocol: "grpc", MeshGateway: { Mode: "" }, ExternalSNI: "" });
  db.$client.run(
    "UPDATE config_entries SET doc = json_patch(doc, ?) WHERE kind = 'service-defaults' AND name_key = 'api'",
    [JSON.stringify(grpc)],
  );
  expect(put(allProxies("grpc"))).toBe(true);
  expect(put(allProxies("tcp"))).toEqual(
    refused(
      'discovery chain "front" uses a protocol "tcp" that does not permit advanced routing or splitting behavior',
    ),
  );
});
