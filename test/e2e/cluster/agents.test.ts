import { expect, test } from "bun:test";
import { Resolver } from "node:dns/promises";
import { until } from "../../support/e2e/agent.ts";
import { onLoopback, withCluster } from "../harness/cluster/cluster.ts";
import { roundsMsMax } from "../harness/cluster/length.ts";
import type { Member } from "../harness/cluster/member.ts";
import { loopback } from "../harness/cluster/network.ts";
import { registryUnderTest } from "../harness/cluster/registry.ts";
import { isAnswer } from "../harness/cluster/request.ts";
import { answer, FAILED, instances, memberStatus, type NodeRow, nodeHealth } from "../harness/cluster/views.ts";

const registry = registryUnderTest();
const MS_MAX = roundsMsMax(1);
const KEY = Buffer.alloc(32, 7).toString("base64");

const named = (name: string) => ({ flags: [`-node=${name}`] });

const nodeIds = async (of: Member, name: string) =>
  ((await of.read<NodeRow[]>("/v1/catalog/nodes")) ?? []).filter(({ Node }) => Node === name).map(({ ID }) => ID);
const idOf = async (of: Member) => (await of.read<{ Config: { NodeID: string } }>("/v1/agent/self"))?.Config.NodeID;

test(
  "a client agent gives the whole API, and what it has is in the catalog",
  () =>
    onLoopback(registry, async (cluster) => {
      const server = await cluster.start(1);
      const client = await cluster.addClient();
      expect(await answer(client, "PUT", "/v1/kv/a", "1")).toContain("true");
      expect(await answer(server, "GET", "/v1/kv/a?raw")).toBe("1");
      await answer(client, "PUT", "/v1/agent/service/register", {
        Name: "web",
        Port: 80,
        Check: { TTL: "1m", Status: "passing" },
      });
      await until(async () => (await instances(server, "web")).length === 1, "the service in the catalog");
      const [web] = await instances(client, "web");
      expect(web?.Node.Node).toBe("c1");
      expect(web?.Checks.map(({ Status }) => Status)).toEqual(["passing", "passing"]);
      const session = JSON.parse(await answer(client, "PUT", "/v1/session/create", {})) as { ID: string };
      const [info] = JSON.parse(await answer(server, "GET", `/v1/session/info/${session.ID}`)) as NodeRow[];
      expect(info?.Node).toBe("c1");
      const resolver = new Resolver();
      resolver.setServers([`${client.place.address}:8600`]);
      expect(await resolver.resolve4("web.service.consul")).toEqual([client.place.address]);
      const snapshot = await fetch(`${client.endpoint.url}/v1/snapshot`);
      expect((await snapshot.arrayBuffer()).byteLength).toBeGreaterThan(500);
    }),
  MS_MAX,
);

test(
  "a blocking query at a client wakes with the change, and the stream tells of it",
  () =>
    onLoopback(registry, async (cluster) => {
      const server = await cluster.start(1);
      const client = await cluster.addClient();
      await answer(client, "PUT", "/v1/kv/w", "0");
      const first = await fetch(`${client.endpoint.url}/v1/kv/w`);
      const index = first.headers.get("x-consul-index");
      const stream = await fetch(`${client.endpoint.url}/v1/stream?topic=kv/w`);
      const reader = stream.body?.getReader();
      const waiting = fetch(`${client.endpoint.url}/v1/kv/w?index=${index}&wait=60s&raw`).then((each) => each.text());
      await answer(server, "PUT", "/v1/kv/w", "1");
      expect(await waiting).toBe("1");
      let seen = "";
      while (!seen.includes("MQ==")) seen += new TextDecoder().decode((await reader?.read())?.value);
      await reader?.cancel();
    }),
  MS_MAX,
);

test(
  "who is killed fails with all it had, and comes back as itself",
  () =>
    onLoopback(registry, async (cluster) => {
      const server = await cluster.start(1);
      const client = await cluster.addClient();
      await answer(client, "PUT", "/v1/agent/service/register", { Name: "web", Port: 80 });
      await until(async () => (await instances(server, "web")).length === 1, "the service in the catalog");
      const id = await idOf(client);
      await client.stop("SIGKILL");
      await until(async () => (await nodeHealth(server, "c1")) === "critical", "the death of c1");
      expect(await memberStatus(server, "c1")).toBe(FAILED);
      cluster.launchClient(client);
      await until(async () => (await nodeHealth(server, "c1")) === "passing", "the return of c1");
      expect(await nodeIds(server, "c1")).toEqual([id ?? ""]);
      expect((await instances(server, "web")).length).toBe(1);
    }),
  MS_MAX,
);

test(
  "who leaves is gone from the catalog at once; who was forced to leave, too",
  () =>
    onLoopback(registry, async (cluster) => {
      const server = await cluster.start(1);
      const [first, second] = [await cluster.addClient(), await cluster.addClient()];
      await until(async () => (await nodeIds(server, "c2")).length === 1, "c2 in the catalog");
      await answer(first, "PUT", "/v1/agent/leave");
      expect(await first.ended()).toBe(0);
      await until(async () => (await nodeIds(server, "c1")).length === 0, "c1 out of the catalog");
      await second.stop("SIGKILL");
      await until(async () => (await memberStatus(server, "c2")) === FAILED, "the death of c2");
      await answer(server, "PUT", "/v1/agent/force-leave/c2");
      await until(async () => (await nodeIds(server, "c2")).length === 0, "c2 out of the catalog");
    }),
  MS_MAX,
);

test(
  "when the leader dies a client goes on through the others",
  () =>
    onLoopback(registry, async (cluster) => {
      const leader = await cluster.start(3);
      const client = await cluster.addClient();
      await answer(client, "PUT", "/v1/kv/before", "1");
      await leader.stop("SIGKILL");
      await until(async () => {
        const put = await client.ask("PUT", "/v1/kv/after", "1", 10_000);
        return isAnswer(put) && put.status === 200;
      }, "a write through another server");
      expect(await answer(client, "GET", "/v1/kv/after?raw&consistent")).toBe("1");
    }),
  MS_MAX,
);

test(
  "a name that lives is refused to another node, and is taken over when its node is dead",
  () =>
    onLoopback(registry, async (cluster) => {
      const server = await cluster.start(1);
      const first = await cluster.addClient(named("twin"));
      const firstId = (await idOf(first)) ?? "";
      await until(async () => (await nodeIds(server, "twin")).length === 1, "the first twin");
      const second = new Set<string>();
      const other = cluster.newClient(await cluster.network.place());
      cluster.launchClient(other, named("twin"));
      await until(async () => other.output().includes("force-leave twin"), "the refusal");
      expect(other.output()).toContain(first.place.address);
      expect(await nodeIds(server, "twin")).toEqual([firstId]);
      await first.stop("SIGKILL");
      await until(
        async () => {
          for (const id of await nodeIds(server, "twin")) if (id !== firstId) second.add(id);
          return second.size === 1 && (await nodeHealth(server, "twin")) === "passing";
        },
        "the name taken over",
        60_000,
      );
    }),
  2 * MS_MAX,
);

test(
  "with a key only those who have it are let in",
  () =>
    withCluster(
      registry,
      loopback(),
      async (cluster) => {
        const server = await cluster.start(1);
        await cluster.addClient({ config: { encrypt: KEY } });
        for (const encrypt of ["", Buffer.alloc(32, 8).toString("base64")]) {
          const stranger = cluster.newClient(await cluster.network.place());
          cluster.launchClient(stranger, { config: { encrypt } });
          await until(async () => /Join cluster failed/.test(stranger.output()), "the refusal");
          expect(stranger.output()).not.toContain(KEY);
          expect(await memberStatus(server, stranger.name)).toBeUndefined();
          await stranger.stop();
        }
        expect(await memberStatus(server, "c1")).toBe(1);
      },
      {
        config: { encrypt: KEY, retry_interval: "1s", performance: { raft_multiplier: 1 }, disable_update_check: true },
      },
    ),
  MS_MAX,
);
