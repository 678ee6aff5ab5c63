import { describe, expect, test } from "bun:test";
import { InstanceMemo } from "../../../src/dns/instance-memo.ts";
import { FakeSource } from "../../support/dns/fake-source.ts";

const WEB = { Node: "n", Address: "10.0.0.1", Service: { ID: "w", Service: "web", Port: 1 } };

describe("dns: memory of instances", () => {
  test("an unchanged service is looked up once, a changed one again", () => {
    const source = new FakeSource([WEB]);
    const memo = new InstanceMemo(source);
    for (let i = 0; i < 5; i++) expect(memo.serviceInstances("web", {})).toHaveLength(1);
    expect(source.lookups).toEqual(["service web"]);
    source.register({ ...WEB, Service: { ...WEB.Service, ID: "w2" } });
    expect(memo.serviceInstances("web", {})).toHaveLength(2);
    source.deregister("n", "w");
    source.deregister("n", "w2");
    expect(memo.serviceInstances("web", {})).toHaveLength(0);
  });

  test("tags and mesh endpoints are remembered apart, and a new proxy is noticed", () => {
    const source = new FakeSource([WEB]);
    const memo = new InstanceMemo(source);
    expect(memo.serviceInstances("web", { tag: "x" })).toHaveLength(0);
    expect(memo.serviceInstances("web", {})).toHaveLength(1);
    const proxy = { Service: "p", Kind: "connect-proxy", Proxy: { DestinationServiceName: "web" } };
    source.register({ ...WEB, Service: { ...proxy, ID: "p1" } });
    expect(memo.serviceInstances("web", { connect: true })).toHaveLength(1);
    source.register({ ...WEB, Service: { ...proxy, ID: "p2" } });
    expect(memo.serviceInstances("web", { connect: true })).toHaveLength(2);
  });

  test("names without instances cost no memory", () => {
    const source = new FakeSource([WEB]);
    const memo = new InstanceMemo(source);
    for (let i = 0; i < 100; i++) memo.serviceInstances(`made-up-${i}`, {});
    expect(source.listenerCount).toBe(0);
  });

  test("the oldest services are forgotten before there are too many instances", () => {
    const source = new FakeSource([]);
    const many = Array.from({ length: 4000 }, () => ({}) as never);
    source.serviceInstances = () => many;
    const memo = new InstanceMemo(source);
    for (let i = 0; i < 20; i++) memo.serviceInstances(`s${i}`, {});
    expect(source.listenerCount).toBe(2);
  });
});
