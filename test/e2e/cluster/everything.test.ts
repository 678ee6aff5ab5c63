import { test } from "bun:test";
import { type Cluster, withCluster } from "../harness/cluster/cluster.ts";
import { CLUSTER_SEED, rounds, roundsMsMax } from "../harness/cluster/length.ts";
import { Load } from "../harness/cluster/load.ts";
import type { Member } from "../harness/cluster/member.ts";
import { canCut, Namespaces } from "../harness/cluster/namespaces.ts";
import { registryUnderTest } from "../harness/cluster/registry.ts";
import { verify } from "../harness/cluster/verify.ts";
import { seeded } from "../harness/random.ts";

const WRITES_BETWEEN = 30;
const FAULTS = 4;
const FAULT_MS_MAX = 1_200;

/** So short that who was away for a while needs a snapshot. */
const SHORT_LOGS = { raft_snapshot_threshold: 100, raft_snapshot_interval: "200ms", raft_trailing_logs: 20 };

/** Each begins at once and is over when what it gives has run. */
type Fault = (victim: Member, cluster: Cluster<Namespaces>) => Promise<() => Promise<unknown>>;

const FAULTS_BY_NAME: Readonly<Record<string, Fault>> = {
  async dies(victim, cluster) {
    await victim.stop("SIGKILL");
    return async () => cluster.launch(victim);
  },
  async stops(victim, cluster) {
    await victim.stop("SIGTERM");
    return async () => cluster.launch(victim);
  },
  async freezes(victim) {
    victim.pause();
    return async () => victim.resume();
  },
  async isAlone(victim, { members, network }) {
    await network.split(
      [victim.place],
      members.filter((member) => member !== victim).map(({ place }) => place),
    );
    return () => network.heal();
  },
  async isMute(victim, { members, network }) {
    for (const other of members) if (other !== victim) await network.cut(victim.place, other.place);
    return () => network.heal();
  },
  async isDeaf(victim, { members, network }) {
    for (const other of members) if (other !== victim) await network.cut(other.place, victim.place);
    return () => network.heal();
  },
};

test.skipIf(!canCut)(
  canCut
    ? `deaths, stops, pauses and cuts at any time and at once, of any of five servers (CLUSTER_SEED=${CLUSTER_SEED})`
    : "deaths, pauses and cuts at once (not run: network namespaces or ip are missing here)",
  async () =>
    withCluster(registryUnderTest(), await Namespaces.open(), async (cluster) => {
      const random = seeded(CLUSTER_SEED);
      const one = <T>(all: readonly T[]): T => all[Math.floor(random() * all.length)] as T;
      await cluster.start(5, () => ({ config: SHORT_LOGS }));
      const load = new Load(cluster, { seed: CLUSTER_SEED, clients: 14, requestMsMax: 2_500 }).start();
      const story: string[] = [];
      cluster.notes.story = story;
      for (let round = 0; round < rounds(1); round++) {
        await load.moreWrites(WRITES_BETWEEN);
        const ends: (() => Promise<unknown>)[] = [];
        for (let count = 0; count < FAULTS; count++) {
          // The leader is the most interesting, and nobody is hit twice while down.
          const leader = random() < 0.5 ? await leaderNow(cluster) : undefined;
          const victim = leader ?? one(cluster.members);
          const [name, fault] = one(Object.entries(FAULTS_BY_NAME));
          if (!victim.isUp) continue;
          story.push(`${performance.now().toFixed(0)} ${victim.name} ${name}`);
          ends.push(await fault(victim, cluster));
          await Bun.sleep(random() * FAULT_MS_MAX);
          if (random() < 0.4) await ends.shift()?.();
        }
        for (const end of ends) await end();
        story.push(`${performance.now().toFixed(0)} all is well`);
        await cluster.leader({ agreed: 5 });
      }
      await load.moreWrites(WRITES_BETWEEN);
      await verify(cluster, load);
    }),
  roundsMsMax(1),
);

/** The server that any other names, if one does. */
async function leaderNow(cluster: Cluster): Promise<Member | undefined> {
  for (const member of cluster.up) {
    const address = await member.read<string>("/v1/status/leader");
    const leader = cluster.members.find(({ place }) => address === `${place.address}:8300`);
    if (leader !== undefined) return leader;
  }
  return undefined;
}
