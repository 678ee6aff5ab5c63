import { expect, test } from "bun:test";
import { Resolver } from "node:dns/promises";
import { until } from "../../support/e2e/agent.ts";
import type { Cluster } from "../harness/cluster/cluster.ts";
import { roundsMsMax } from "../harness/cluster/length.ts";
import type { Member } from "../harness/cluster/member.ts";
import { loopback } from "../harness/cluster/network.ts";
import { registryUnderTest } from "../harness/cluster/registry.ts";
import { withTwoDatacenters } from "../harness/cluster/two-datacenters.ts";
import { answer } from "../harness/cluster/views.ts";

const registry = registryUnderTest();
const only = ({ members }: Cluster) => members[0] as Member;

const register = (at: Member, Node: string, Service: object, check?: string) =>
  answer(at, "PUT", "/v1/catalog/register", {
    ...{ Node, Address: "10.7.0.1", Service },
    ...(check === undefined ? {} : { Check: { CheckID: "c", Name: "c", Status: check, ServiceID: "g" } }),
  });

test(
  "datacenters see each other's mesh gateways, as they come, fail and go",
  () =>
    withTwoDatacenters(registry, loopback(), async (one, two) => {
      const client = await one.addClient();
      const seen = async (at: Member) => {
        const gateways = JSON.parse(await answer(at, "GET", "/v1/internal/federation-states/mesh-gateways"));
        return JSON.stringify(gateways.dc2?.map((one: { Checks: { Status: string }[] }) => one.Checks[0]?.Status));
      };
      const states = async () => JSON.parse(await answer(only(one), "GET", "/v1/internal/federation-states"));
      await until(async () => (await states()).length === 2, "both datacenters among the states");
      const gateway = { ID: "g", Service: "mesh", Kind: "mesh-gateway", Port: 443 };
      await register(only(two), "gate", gateway, "passing");
      for (const at of [only(one), client, only(two)]) {
        await until(async () => (await seen(at)) === '["passing"]', `${at.name} to see the gateway of dc2`);
      }
      await register(only(two), "gate", gateway, "critical");
      await until(async () => (await seen(client)) === '["critical"]', "the gateway to fail");
      await answer(only(two), "PUT", "/v1/catalog/deregister", { Node: "gate" });
      await until(async () => (await seen(client)) === undefined, "the gateway to go");
    }),
  roundsMsMax(1),
);

test(
  "ingress gateways of another datacenter are resolved, from servers and clients, and follow their entry",
  () =>
    withTwoDatacenters(registry, loopback(), async (one, two) => {
      const client = await one.addClient();
      await register(only(two), "gate", { ID: "g", Service: "edge", Kind: "ingress-gateway", Port: 8080 });
      const entry = (Name: string) => ({
        ...{ Kind: "ingress-gateway", Name: "edge" },
        Listeners: [{ Port: 8080, Protocol: "tcp", Services: [{ Name }] }],
      });
      await answer(only(two), "PUT", "/v1/config", entry("web"));
      const addresses = (of: Member, name: string) => {
        const resolver = new Resolver();
        resolver.setServers([`${of.place.address}:8600`]);
        return resolver.resolve4(name).catch(() => []);
      };
      for (const of of [only(one), client]) {
        await until(
          async () => (await addresses(of, "web.ingress.dc2.consul"))[0] === "10.7.0.1",
          `${of.name} to resolve the gateway of dc2`,
        );
      }
      expect(await addresses(only(one), "web.ingress.consul")).toEqual([]);
      await answer(only(two), "PUT", "/v1/config", entry("api"));
      await until(
        async () =>
          (await addresses(client, "web.ingress.dc2.consul")).length === 0 &&
          (await addresses(client, "api.ingress.dc2.consul")).length === 1,
        "the gateway to stand before another service",
      );
    }),
  roundsMsMax(1),
);
