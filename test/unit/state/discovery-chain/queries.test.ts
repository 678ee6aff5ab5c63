import { expect, test } from "bun:test";
import { NO_OVERRIDES } from "../../../../src/model/discovery-chain.ts";
import { discoveryChain } from "../../../../src/state/discovery-chain/queries.ts";
import { allProxies, defaults, entriesRig, resolver, splitter } from "./rig.ts";

const read = ({ db }: ReturnType<typeof entriesRig>, service: string) =>
  discoveryChain(db, {
    ...{ service, datacenter: "dc1", callerDatacenter: "dc1", trustDomain: "t.consul" },
    overrides: NO_OVERRIDES,
  });

test("a chain waits for the entries that it is made of and for those that there are not yet, and for no other", () => {
  const rig = entriesRig();
  rig.put(allProxies("http"));
  rig.put(splitter("web", "a", "web"));
  const { topics } = read(rig, "web").interest;
  expect([...topics].sort()).toEqual([
    "config-entry/proxy-defaults/global",
    "config-entry/service-defaults/a",
    "config-entry/service-defaults/web",
    "config-entry/service-resolver/a",
    "config-entry/service-resolver/web",
    "config-entry/service-router/web",
    "config-entry/service-splitter/a",
    "config-entry/service-splitter/web",
  ]);
  let woken = 0;
  rig.publisher.subscribe({ topics }, () => woken++);
  rig.put(defaults("other", { Protocol: "grpc" }));
  expect(woken).toBe(0);
  rig.put(resolver("A", { ConnectTimeout: "1s" }));
  expect(woken).toBe(1);
});

test("the index is that of all config entries (observed, Consul 1.8.7)", () => {
  const rig = entriesRig();
  expect(read(rig, "web").index).toBe(0);
  rig.put(defaults("other"));
  rig.put(defaults("one-more"));
  const found = read(rig, "web");
  expect(found.index).toBe(2);
  rig.remove("service-defaults", "other");
  expect(found.indexNow?.()).toBe(3);
});
