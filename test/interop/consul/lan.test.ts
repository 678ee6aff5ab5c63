import { describe, expect, test } from "bun:test";
import type { Cluster } from "../../e2e/harness/cluster/cluster.ts";
import type { Member } from "../../e2e/harness/cluster/member.ts";
import { isAnswer } from "../../e2e/harness/cluster/request.ts";
import { until } from "../../support/e2e/agent.ts";
import { CONSUL, healthOf, MUSTER, QUICK, run, statuses, WHY_NOT, withBoth } from "./harness/both.ts";

const AT_ONCE_MS = 2_000;
const WAIT_MS = 40_000;
const NOT_TOGETHER = "they can't serve one datacenter together";

const isAlive = (by: Member, name: string) =>
  until(async () => (await statuses(by))[name] === "alive", `${by.name} to see ${name}`, WAIT_MS);

/** An agent that runs beside the servers of the other program. */
async function guest(cluster: Cluster, beside: Member): Promise<Member> {
  const member = cluster.newClient(await cluster.network.place());
  member.start([beside.place.address], { config: QUICK });
  await isAlive(beside, member.name);
  return member;
}

describe.skipIf(WHY_NOT !== "")(`servers of both programs in one datacenter ${WHY_NOT}`, () => {
  test("don't come together, whoever joins whom, and are in no Raft configuration of each other", () =>
    withBoth(async (muster, consul) => {
      const theirs = await consul.start(1);
      const ours = await muster.start(1);
      const client = await muster.addClient();
      // Not one that has begun a cluster: two of those Consul would keep apart by itself.
      const joiner = await muster.add();
      await until(async () => (await muster.peers(ours)).length === 2, "the second server");
      const raft = async () => (await consul.peers(theirs)).map(({ Address }) => Address);
      for (const [member, ...pool] of [[ours], [joiner], [client], [ours, "-wan"]] as const) {
        for (const [from, to] of [
          [member, theirs],
          [theirs, member],
        ] as const) {
          const { code, output } = await run(CONSUL, from, "join", ...pool, to.place.address);
          expect([code, output]).toEqual([1, expect.stringContaining(NOT_TOGETHER)]);
        }
      }
      expect(Object.keys(await statuses(theirs))).toEqual(["s1"]);
      expect(await raft()).toEqual([`${theirs.place.address}:8300`]);
      // Through an agent of Consul, which knows no such rule, its servers do hear of them.
      const bridge = consul.newClient(await consul.network.place());
      bridge.start([joiner.place.address], { config: QUICK, flags: ["-node=bridge"] });
      await isAlive(ours, "bridge");
      expect((await run(CONSUL, theirs, "join", bridge.place.address)).code).toBe(0);
      await isAlive(theirs, joiner.name);
      await until(
        async () => new RegExp(`skipping reconcile of node.*{${joiner.name} `).test(theirs.output()),
        "Consul's leader to leave our server alone",
        WAIT_MS,
      );
      expect(await raft()).toEqual([`${theirs.place.address}:8300`]);
      expect(theirs.output()).not.toContain('Adding LAN server: server="s2');
      // Here nobody of theirs is taken in.
      expect(Object.keys(await statuses(ours)).sort()).toEqual(["bridge", "c1", "s1", "s2"]);
      expect((await muster.peers(ours)).map(({ Node }) => Node).sort()).toEqual(["s1", "s2"]);
    }));
});

describe.skipIf(WHY_NOT !== "")(`client agents beside servers of the other program ${WHY_NOT}`, () => {
  test("Consul's agent is alive here and in the catalog with its health, and says that it finds no server", () =>
    withBoth(async (muster, consul) => {
      const server = await muster.start(1);
      const client = await guest(consul, server);
      await until(async () => (await healthOf(server, "c1")) === "passing", "its health in the catalog");
      await isAlive(client, "s1");
      const asked = await client.ask("GET", "/v1/catalog/nodes", undefined, AT_ONCE_MS);
      expect(isAnswer(asked) && [asked.status, asked.text]).toEqual([500, "No known Consul servers"]);
      await client.stop("SIGKILL");
      await until(async () => (await healthOf(server, "c1")) === "critical", "its death in the catalog", WAIT_MS);
      client.start([server.place.address], { config: QUICK });
      await until(async () => (await healthOf(server, "c1")) === "passing", "its return", WAIT_MS);
      await client.ask("PUT", "/v1/agent/leave", undefined, WAIT_MS);
      await until(async () => (await healthOf(server, "c1")) === undefined, "its end in the catalog", WAIT_MS);
      expect((await statuses(server)).c1).toBe("left");
    }));

  test("this program's agent is alive there and in the catalog, and says that it can talk to nobody", () =>
    withBoth(async (muster, consul) => {
      const server = await consul.start(1);
      const client = await guest(muster, server);
      await until(async () => (await healthOf(server, "c1")) === "passing", "its health in the catalog");
      await isAlive(client, "s1");
      await until(async () => client.output().includes("found no server that it can talk to"), "the log to say so");
      for (const [method, path] of [
        ["GET", "/v1/catalog/nodes"],
        ["PUT", "/v1/kv/a"],
      ] as const) {
        const asked = await client.ask(method, path, undefined, AT_ONCE_MS);
        expect(isAnswer(asked) && [asked.status, asked.text]).toEqual([
          500,
          "No known Consul servers: those of this pool speak Consul's own protocol, which this agent does not",
        ]);
      }
      const list = await run(MUSTER, client, "members");
      expect([list.code, list.output]).toEqual([0, expect.stringMatching(/^s1 .* server .*\nc1 .* client /m)]);
      await client.stop("SIGKILL");
      await until(async () => (await healthOf(server, "c1")) === "critical", "its death in the catalog", WAIT_MS);
      client.start([server.place.address], { config: QUICK });
      await until(async () => (await healthOf(server, "c1")) === "passing", "its return", WAIT_MS);
      await client.ask("PUT", "/v1/agent/leave", undefined, WAIT_MS);
      await until(async () => (await healthOf(server, "c1")) === undefined, "its end in the catalog", WAIT_MS);
    }));
});
