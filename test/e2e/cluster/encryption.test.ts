import { expect, test } from "bun:test";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { until } from "../../support/e2e/agent.ts";
import { type Cluster, onLoopback } from "../harness/cluster/cluster.ts";
import { roundsMsMax } from "../harness/cluster/length.ts";
import type { Member } from "../harness/cluster/member.ts";
import { registryUnderTest } from "../harness/cluster/registry.ts";
import { isAnswer } from "../harness/cluster/request.ts";

// The procedures of docs/encryption.md, step by step.

const registry = registryUnderTest();
const MS_MAX = roundsMsMax(2);
const OLD = Buffer.alloc(32, 1).toString("base64");
const NEW = Buffer.alloc(32, 2).toString("base64");

interface PoolKeys {
  readonly WAN: boolean;
  readonly NumNodes: number;
  readonly Keys: Readonly<Record<string, number>>;
}

async function put(of: Member, method: string, path: string, body?: unknown): Promise<void> {
  const found = await of.ask(method, path, body, 10_000);
  if (!isAnswer(found) || found.status !== 200) throw new Error(`${method} ${path}: ${JSON.stringify(found)}`);
}

async function aliveAre(at: Member, names: readonly string[]): Promise<void> {
  const alive = async () =>
    ((await at.read<{ Name: string; Status: number }[]>("/v1/agent/members")) ?? []).filter(
      ({ Status }) => Status === 1,
    );
  await until(
    async () => JSON.stringify((await alive()).map(({ Name }) => Name).sort()) === JSON.stringify(names),
    `the members ${names}`,
    30_000,
  );
}

const lanKeys = async (at: Member) => (await at.read<PoolKeys[]>("/v1/operator/keyring"))?.find(({ WAN }) => !WAN);

async function reload(member: Member, changes: Readonly<Record<string, unknown>>): Promise<void> {
  const file = join(member.dir, "agent.json");
  writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, "utf8")), ...changes }));
  await put(member, "PUT", "/v1/agent/reload");
}

const everybody = ({ members, clients }: Cluster) => [...members, ...clients];

test(
  "encryption is turned on while all runs: nobody is missed, and in the end nothing open is taken",
  () =>
    onLoopback(registry, async (cluster) => {
      const server = await cluster.start(1);
      const [first, second] = [await cluster.addClient(), await cluster.addClient()];
      const names = ["c1", "c2", "s1"];
      await aliveAre(server, names);
      const config = { encrypt: OLD, encrypt_verify_incoming: false, encrypt_verify_outgoing: false };
      for (const client of [first, second]) {
        await client.stop("SIGTERM");
        cluster.launchClient(client, { config });
        await aliveAre(server, names);
      }
      await server.stop("SIGTERM");
      cluster.launch(server, { config });
      await cluster.leader();
      for (const member of everybody(cluster)) await aliveAre(member, names);
      expect(await lanKeys(server)).toMatchObject({ NumNodes: 3, Keys: { [OLD]: 3 } });
      for (const key of ["encrypt_verify_outgoing", "encrypt_verify_incoming"]) {
        for (const member of everybody(cluster)) await reload(member, { [key]: true });
      }
      const reached = await second.read<{ Live: string[]; Missing: string[] }>("/v1/agent/reachability");
      expect([reached?.Live.toSorted(), reached?.Missing]).toEqual([names, []]);
      for (const client of [first, second]) expect(client.output()).not.toContain("EventMemberFailed: c");
      const stranger = cluster.newClient(await cluster.network.place());
      cluster.launchClient(stranger);
      await until(async () => stranger.output().includes("encryption is not configured"), "the refusal");
      await aliveAre(server, names);
    }),
  MS_MAX,
);

test(
  "a member that was away when the key changed gets in with the new one when its keyring file is gone",
  () =>
    onLoopback(registry, async (cluster) => {
      const config = { encrypt: OLD };
      const server = await cluster.start(1, () => ({ config }));
      const [here, away] = [await cluster.addClient({ config }), await cluster.addClient({ config })];
      await away.stop("SIGTERM");
      await aliveAre(server, ["c1", "s1"]);
      await put(server, "POST", "/v1/operator/keyring", { Key: NEW });
      expect(await lanKeys(server)).toMatchObject({ NumNodes: 2, Keys: { [OLD]: 2, [NEW]: 2 } });
      await put(server, "PUT", "/v1/operator/keyring", { Key: NEW });
      await put(server, "DELETE", "/v1/operator/keyring", { Key: OLD });
      expect((await lanKeys(server))?.Keys).toEqual({ [NEW]: 2 });
      // The key of the configuration does not count where a file has others.
      cluster.launchClient(away, { config: { encrypt: NEW } });
      await until(async () => away.output().includes("No installed keys could decrypt"), "the refusal");
      expect(away.output()).toContain("the keyring file has other gossip keys than the configuration, and it counts");
      await away.stop();
      rmSync(join(away.dataDir, "serf/local.keyring"));
      cluster.launchClient(away, { config: { encrypt: NEW } });
      await aliveAre(here, ["c1", "c2", "s1"]);
      // The others go on with the new one also after a restart with the old configuration.
      await here.stop("SIGTERM");
      cluster.launchClient(here, { config });
      await aliveAre(server, ["c1", "c2", "s1"]);
    }),
  MS_MAX,
);
