import { describe, expect, test } from "bun:test";
import { TYPE } from "../../../src/codec/dns/types.ts";
import { parseTarget, zoneOf, zonesOf } from "../../../src/dns/names.ts";

const zones = zonesOf({ domain: "Consul.", altDomain: ".alt.consul." });

describe("dns: what a name asks for", () => {
  test("domains are compared as whole labels, in any spelling of the configuration", () => {
    expect(zones).toEqual({ domain: "consul", altDomain: "alt.consul" });
    expect(zoneOf("a.consul", zones)).toBe("own");
    expect(zoneOf("consul", zones)).toBe("own");
    expect(zoneOf("notconsul", zones)).toBe("foreign");
    expect(zoneOf("a.in-addr.arpa", zones)).toBe("reverse");
    expect(zoneOf("anything", zonesOf({ domain: ".", altDomain: "" }))).toBe("own");
  });

  test("the longer domain wins when one is inside of the other", () => {
    expect(parseTarget("web.service.alt.consul", TYPE.A, zones)).toMatchObject({ name: "web", datacenter: "" });
    const other = zonesOf({ domain: "a.b", altDomain: "b" });
    expect(parseTarget("web.service.a.b", TYPE.A, other)).toMatchObject({ name: "web", datacenter: "" });
    expect(parseTarget("web.service.c.b", TYPE.A, other)).toMatchObject({ name: "web", datacenter: "c" });
  });

  test.each([
    ["web.service", { kind: "service", name: "web", datacenter: "", filter: {} }],
    ["v1.web.service.dc2", { kind: "service", name: "web", datacenter: "dc2", filter: { tag: "v1" } }],
    ["a.b.web.service", { kind: "service", name: "web", filter: { tag: "a.b" } }],
    ["_web._tcp.service", { kind: "service", name: "web", filter: {} }],
    ["_web._v1.service", { kind: "service", name: "web", filter: { tag: "v1" } }],
    ["_web.service", { kind: "service", name: "_web", filter: {} }],
    ["x.web.connect", { kind: "service", name: "web", filter: { connect: true } }],
    ["web.ingress", { kind: "service", name: "web", filter: { ingress: true } }],
    ["a.b.node.dc1", { kind: "node", name: "a.b", datacenter: "dc1" }],
    ["a.b.query", { kind: "query", name: "a.b", datacenter: "" }],
    ["0a000001.addr.dc1", { kind: "address", hex: "0a000001" }],
    ["a.0a000001.addr", { kind: "invalid" }],
    ["web.service.a.b", { kind: "invalid" }],
    ["service", { kind: "invalid" }],
    ["web.virtual", { kind: "invalid" }],
    ["_web._tcp", { kind: "invalid" }],
  ])("%s", (name, target) => {
    expect(parseTarget(`${name}.consul`, TYPE.A, zones)).toMatchObject(target);
  });

  test("for SRV an underscore stands for the word service", () => {
    expect(parseTarget("_web._tcp.dc1.consul", TYPE.SRV, zones)).toMatchObject({ name: "web", datacenter: "dc1" });
  });
});
