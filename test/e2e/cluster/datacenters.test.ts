import { expect, test } from "bun:test";
import { Resolver } from "node:dns/promises";
import { until } from "../../support/e2e/agent.ts";
import type { Cluster } from "../harness/cluster/cluster.ts";
import { roundsMsMax } from "../harness/cluster/length.ts";
import type { Member } from "../harness/cluster/member.ts";
import { loopback } from "../harness/cluster/network.ts";
import { registryUnderTest } from "../harness/cluster/registry.ts";
import { isAnswer } from "../harness/cluster/request.ts";
import { datacenters, withTwoDatacenters } from "../harness/cluster/two-datacenters.ts";
import { answer } from "../harness/cluster/views.ts";

const registry = registryUnderTest();
/** Far below what a caller would wait for. */
const AT_ONCE_MS = 2_000;

const withTwo = (use: (one: Cluster, two: Cluster) => Promise<void>) => withTwoDatacenters(registry, loopback(), use);
const only = ({ members }: Cluster) => members[0] as Member;

test(
  "a request for another datacenter is answered by it, from servers and clients alike",
  () =>
    withTwo(async (one, two) => {
      const client = await one.addClient();
      await answer(client, "PUT", "/v1/kv/a?dc=dc2", "there");
      expect(await answer(only(two), "GET", "/v1/kv/a?raw")).toBe("there");
      expect(await answer(only(one), "GET", "/v1/kv/a?raw&dc=DC2")).toBe("there");
      const here = await only(one).ask("GET", "/v1/kv/a");
      expect(isAnswer(here) && here.status).toBe(404);
      expect(await datacenters(client)).toEqual(["dc1", "dc2"]);
      expect(await datacenters(only(two))).toEqual(["dc2", "dc1"]);
      const nowhere = await client.ask("GET", "/v1/kv/a?dc=dc3");
      expect(isAnswer(nowhere) && [nowhere.status, nowhere.text]).toEqual([500, "No path to datacenter"]);
    }),
  roundsMsMax(1),
);

test(
  "names of another datacenter are resolved, and follow its changes",
  () =>
    withTwo(async (one, two) => {
      const register = (Address: string) =>
        answer(only(two), "PUT", "/v1/agent/service/register", { Name: "web", Port: 80, Address });
      await register("10.1.1.1");
      const client = await one.addClient();
      for (const of of [only(one), client]) {
        const resolver = new Resolver();
        resolver.setServers([`${of.place.address}:8600`]);
        const resolve = () => resolver.resolve4("web.service.dc2.consul").catch(() => []);
        await until(async () => (await resolve())[0] === "10.1.1.1", `${of.name} to resolve web in dc2`);
      }
      await register("10.1.1.2");
      const resolver = new Resolver();
      resolver.setServers([`${client.place.address}:8600`]);
      await until(async () => (await resolver.resolve4("web.service.dc2.consul"))[0] === "10.1.1.2", "the new address");
    }),
  roundsMsMax(1),
);

test(
  "a prepared query fails over to another datacenter, asked by HTTP and DNS, of servers and clients",
  () =>
    withTwo(async (one, two) => {
      const web = { Name: "web", Port: 80, Address: "10.1.1.1" };
      await answer(only(two), "PUT", "/v1/agent/service/register", web);
      await until(
        async () => (await answer(only(two), "GET", "/v1/health/service/web")).includes("10.1.1.1"),
        "web in the catalog of dc2",
      );
      const client = await one.addClient();
      const Service = { Service: "$" + "{name.suffix}", Failover: { NearestN: 1 } };
      const template = { Name: "geo-", Template: { Type: "name_prefix_match" }, Service, DNS: { TTL: "7s" } };
      await answer(client, "POST", "/v1/query", template);
      for (const of of [only(one), client]) {
        const executed = JSON.parse(await answer(of, "GET", "/v1/query/geo-web/execute"));
        expect(executed).toMatchObject({
          Datacenter: "dc2",
          Failovers: 1,
          Nodes: [{ Service: { Address: "10.1.1.1" } }],
        });
        const resolver = new Resolver();
        resolver.setServers([`${of.place.address}:8600`]);
        expect(await resolver.resolve4("geo-web.query.consul", { ttl: true })).toEqual([
          { address: "10.1.1.1", ttl: 7 },
        ]);
        expect(resolver.resolve4("web.query.consul")).rejects.toThrow("ENOTFOUND");
        expect(resolver.resolve4("geo-web.query.dc2.consul")).rejects.toThrow("ENOTFOUND");
      }
      await answer(only(one), "PUT", "/v1/agent/service/register", { ...web, Address: "10.1.1.9" });
      await until(
        async () => JSON.parse(await answer(client, "GET", "/v1/query/geo-web/execute")).Datacenter === "dc1",
        "the own datacenter's instance",
      );
    }),
  roundsMsMax(1),
);

test(
  "a datacenter that hangs never hurts another, and is there again when it goes on",
  () =>
    withTwo(async (one, two) => {
      const here = only(one);
      await answer(here, "GET", "/v1/kv/?keys&dc=dc2").catch(() => "none yet");
      only(two).pause();
      const hanging = Array.from({ length: 200 }, () => here.ask("GET", "/v1/kv/a?dc=dc2", undefined, 60_000));
      for (let round = 0; round < 20; round++) {
        const put = await here.ask("PUT", `/v1/kv/own-${round}`, "1", AT_ONCE_MS);
        expect(isAnswer(put) && put.status).toBe(200);
      }
      for (const refused of await Promise.all(hanging)) expect(isAnswer(refused) && refused.status).toBe(500);
      only(two).resume();
      await until(
        async () => {
          const put = await here.ask("PUT", "/v1/kv/again?dc=dc2", "1", AT_ONCE_MS);
          return isAnswer(put) && put.status === 200;
        },
        "a write in dc2",
        60_000,
      );
    }),
  3 * roundsMsMax(1),
);
