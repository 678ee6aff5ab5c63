import { expect, test } from "bun:test";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { encodeJoinToken } from "../../../src/config/join-token.ts";
import { until } from "../../support/e2e/agent.ts";
import { onLoopback, withCluster } from "../harness/cluster/cluster.ts";
import { roundsMsMax } from "../harness/cluster/length.ts";
import type { Member } from "../harness/cluster/member.ts";
import { canCut, Namespaces } from "../harness/cluster/namespaces.ts";
import { registryUnderTest } from "../harness/cluster/registry.ts";

const registry = registryUnderTest();
const MS_MAX = roundsMsMax(1);
const KEY = Buffer.alloc(32, 9).toString("base64");
const JOIN_MS_MAX = 20_000;

interface AgentMember {
  readonly Name: string;
  readonly Status: number;
}

const aliveNames = async (of: Member) =>
  ((await of.read<AgentMember[]>("/v1/agent/members")) ?? [])
    .filter(({ Status }) => Status === 1)
    .map(({ Name }) => Name)
    .sort();

async function membersAre(names: readonly string[], ...of: readonly Member[]): Promise<void> {
  const see = async (member: Member) => JSON.stringify(await aliveNames(member)) === JSON.stringify(names);
  await until(async () => (await Promise.all(of.map(see))).every(Boolean), `the members ${names}`, JOIN_MS_MAX);
}

const LAN_SEARCH = "-retry-join=provider=mdns service=_muster._tcp";

const title = "nodes of one local network find each other by multicast DNS, without any address";
test.skipIf(!canCut)(
  canCut ? title : `${title} (not run: network namespaces or ip are missing here)`,
  async () =>
    withCluster(registry, await Namespaces.open(), async (cluster) => {
      const server = await cluster.start(1, () => ({ flags: [LAN_SEARCH] }));
      const first = cluster.newClient(await cluster.network.place());
      first.start([], { flags: [LAN_SEARCH, "-bind=eth0"] });
      await membersAre(["c1", "s1"], server, first);
      // The third finds both, whoever answers.
      const second = cluster.newClient(await cluster.network.place());
      second.start([], { flags: [LAN_SEARCH, "-bind=10.77.0.0/24"] });
      await membersAre(["c1", "c2", "s1"], server, first, second);
      const found = await second.read<{ Node: string }[]>("/v1/catalog/nodes");
      expect(found?.map(({ Node }) => Node)).toContain("s1");
    }),
  MS_MAX,
);

test(
  "a join token in a file is all that a new node needs: key, datacenter and whom to join",
  () =>
    onLoopback(registry, async (cluster) => {
      const server = await cluster.start(1, () => ({ flags: [`-encrypt=${KEY}`, "-datacenter=home"] }));
      const token = encodeJoinToken({ datacenter: "home", encrypt: KEY, retryJoin: [server.place.address] });
      const client = cluster.newClient(await cluster.network.place());
      const file = join(client.dir, "join-token");
      writeFileSync(file, `${token}\n`);
      chmodSync(file, 0o600);
      client.start([], { flags: [`-join-token-file=${file}`] });
      await membersAre(["c1", "s1"], server, client);
      const self = await client.read<{ Config: { Datacenter: string }; Stats: { serf_lan: { encrypted: string } } }>(
        "/v1/agent/self",
      );
      expect([self?.Config.Datacenter, self?.Stats.serf_lan.encrypted]).toEqual(["home", "true"]);
      const pools =
        await server.read<{ WAN: boolean; NumNodes: number; Keys: Record<string, number> }[]>("/v1/operator/keyring");
      expect(pools?.map(({ WAN, NumNodes, Keys }) => [WAN, NumNodes, Keys])).toEqual([
        [true, 1, { [KEY]: 1 }],
        [false, 2, { [KEY]: 2 }],
      ]);
      const reached = await client.read<{ Live: string[]; Missing: string[] }>("/v1/agent/reachability");
      expect(reached).toMatchObject({ Missing: [] });
      expect(reached?.Live.toSorted()).toEqual(["c1", "s1"]);
    }),
  MS_MAX,
);

test(
  "a node whose retry_join finds nobody in retry_max intervals ends with 1 and says why",
  () =>
    onLoopback(registry, async (cluster) => {
      const client = cluster.newClient(await cluster.network.place());
      const nobody = (await cluster.network.place()).address;
      client.start([nobody], { flags: ["-retry-interval=1s", "-retry-max=2"] });
      expect(await client.ended()).toBe(1);
      const log = await Bun.file(join(client.dir, "agent.log")).text();
      expect(log).toContain("Join cluster failed, will retry: cluster=LAN retry_interval=1s");
      expect(log).toContain("max join LAN retry exhausted, exiting");
      expect(log).toContain(`Failed to join ${nobody}:8301`);
    }),
  MS_MAX,
);
