import { expect, test } from "bun:test";
import { CONFIG_ENTRY_LINK_TABLE, deriveLinks, linksTo } from "../../../../src/state/discovery-chain/links.ts";
import { allProxies, entriesRig, ingress, resolver, router, splitter } from "./rig.ts";

function rig() {
  const state = entriesRig();
  state.put(allProxies("http"));
  const Routes = ["x", "x", ""].map((Service) => ({ Destination: { Service } }));
  state.put(router("web", { Routes }));
  state.put(splitter("web", "x", "web"));
  state.put(resolver("old", { Redirect: { Service: "x" } }));
  state.put(
    resolver("frail", { Failover: { "*": { Service: "x" }, v1: { Datacenters: ["dc2"] } }, Subsets: { v1: {} } }),
  );
  const Services = [{ Name: "x" }, { Name: "*" }];
  state.put(ingress("gate", { Listeners: [{ Port: 80, Protocol: "http", Services }] }));
  return state;
}

const TO_X = [
  { kind: "ingress-gateway", name: "gate" },
  { kind: "service-resolver", name: "frail" },
  { kind: "service-resolver", name: "old" },
  { kind: "service-router", name: "web" },
  { kind: "service-splitter", name: "web" },
];

test("entries that lead to a service are known by it, without its own", () => {
  const { db } = rig();
  expect(linksTo(db, "x")).toEqual(TO_X as ReturnType<typeof linksTo>);
  expect(linksTo(db, "web")).toEqual([]);
  expect(linksTo(db, "*")).toEqual([]);
});

test("they follow the entries", () => {
  const { db, put, remove } = rig();
  put(splitter("web", "y"));
  remove("service-router", "web");
  expect(linksTo(db, "x")).toEqual(TO_X.slice(0, 3) as ReturnType<typeof linksTo>);
  expect(linksTo(db, "y")).toEqual([{ kind: "service-splitter", name: "web" }]);
});

test("they can be made of the entries alone", () => {
  const { db } = rig();
  const rows = () => db.$client.query(`SELECT * FROM ${CONFIG_ENTRY_LINK_TABLE}`).all();
  const before = rows();
  expect(before.length).toBe(5);
  db.$client.run(`DELETE FROM ${CONFIG_ENTRY_LINK_TABLE} WHERE kind <> 'ingress-gateway'`);
  deriveLinks(db.$client);
  expect(rows()).toEqual(before);
});
