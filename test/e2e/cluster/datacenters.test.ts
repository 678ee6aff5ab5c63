import { expect, test } from "bun:test";
import { Resolver } from "node:dns/promises";
import { until } from "../../support/e2e/agent.ts";
import { Cluster } from "../harness/cluster/cluster.ts";
import { roundsMsMax } from "../harness/cluster/length.ts";
import type { Member } from "../harness/cluster/member.ts";
import { loopback } from "../harness/cluster/network.ts";
import { registryUnderTest } from "../harness/cluster/registry.ts";
import { isAnswer } from "../harness/cluster/request.ts";

const registry = registryUnderTest();
/** Far below what a caller would wait for. */
const AT_ONCE_MS = 2_000;
const FAST_WAN = { gossip_wan: { probe_interval: "500ms", probe_timeout: "250ms", gossip_interval: "100ms" } };
const CONFIG = { performance: { raft_multiplier: 1 }, retry_interval: "1s", disable_update_check: true, ...FAST_WAN };

/** Two datacenters of one server each, which know each other. */
async function withTwo(use: (one: Cluster, two: Cluster) => Promise<void>): Promise<void> {
  const network = loopback();
  const one = new Cluster(registry, network, { config: { ...CONFIG, datacenter: "dc1" } });
  const two = new Cluster(registry, network, { config: { ...CONFIG, datacenter: "dc2" } });
  try {
    const first = await one.start(1);
    const join = { retry_join_wan: [first.place.address], retry_interval_wan: "1s" };
    const second = await two.start(1, () => ({ config: join }));
    for (const server of [first, second]) {
      await until(async () => (await datacenters(server)).length === 2, `${server.name} to know both datacenters`);
    }
    await use(one, two);
  } catch (error) {
    process.stderr.write(one.keep() + two.keep());
    throw error;
  } finally {
    await one.close();
    await two.close();
  }
}

const datacenters = async (of: Member) => (await of.read<string[]>("/v1/catalog/datacenters")) ?? [];
const only = ({ members }: Cluster) => members[0] as Member;

async function answer(of: Member, method: string, path: string, body?: unknown): Promise<string> {
  const found = await of.ask(method, path, body, 10_000);
  if (!isAnswer(found) || found.status !== 200) throw new Error(`${method} ${path}: ${JSON.stringify(found)}`);
  return found.text;
}

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
