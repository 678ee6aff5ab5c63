import { expect, test } from "bun:test";
import { until } from "../../support/e2e/agent.ts";
import { type Cluster, withCluster } from "../harness/cluster/cluster.ts";
import { CLUSTER_SEED, rounds, roundsMsMax } from "../harness/cluster/length.ts";
import { Load } from "../harness/cluster/load.ts";
import type { Member } from "../harness/cluster/member.ts";
import { canCut, Namespaces } from "../harness/cluster/namespaces.ts";
import { registryUnderTest } from "../harness/cluster/registry.ts";
import { verify } from "../harness/cluster/verify.ts";
import { seeded } from "../harness/random.ts";

const WRITES_BETWEEN = 30;
/** Longer than some elections take. */
const STEADY_MS = 1_500;
const CUT_MS = 2_000;

/** The title says when the test is not run. */
function cutting(title: string, usualRounds: number, body: (cluster: Cluster<Namespaces>) => Promise<void>): void {
  const reason = "not run: network namespaces or ip are missing here";
  test.skipIf(!canCut)(
    canCut ? `${title} (CLUSTER_SEED=${CLUSTER_SEED})` : `${title} (${reason})`,
    async () => withCluster(registryUnderTest(), await Namespaces.open(), body),
    roundsMsMax(usualRounds),
  );
}

const loadOn = (cluster: Cluster) =>
  new Load(cluster, { seed: CLUSTER_SEED, clients: 14, requestMsMax: 2_000 }).start();
const places = (members: readonly Member[]) => members.map(({ place }) => place);

cutting("a leader alone on its side is replaced, and is a follower when it is back", 1, async (cluster) => {
  await cluster.start(3);
  const load = loadOn(cluster);
  for (let round = 0; round < rounds(1); round++) {
    await load.moreWrites(WRITES_BETWEEN);
    const leader = await cluster.leader();
    const rest = cluster.members.filter((member) => member !== leader);
    await cluster.network.split([leader.place], places(rest));
    await cluster.leader({ among: rest });
    await load.moreWrites(WRITES_BETWEEN);
    await cluster.network.heal();
    await cluster.leader({ agreed: 3 });
  }
  await load.moreWrites(WRITES_BETWEEN);
  await verify(cluster, load);
});

cutting("a leader that nobody hears, and one that hears nobody, is replaced by the others", 2, async (cluster) => {
  await cluster.start(3);
  const load = loadOn(cluster);
  for (let round = 0; round < rounds(2); round++) {
    await load.moreWrites(WRITES_BETWEEN);
    const leader = await cluster.leader();
    const rest = cluster.members.filter((member) => member !== leader);
    for (const { place } of rest) {
      if (round % 2 === 0) await cluster.network.cut(leader.place, place);
      else await cluster.network.cut(place, leader.place);
    }
    await cluster.leader({ among: rest });
    await load.moreWrites(WRITES_BETWEEN);
    await cluster.network.heal();
    await cluster.leader({ agreed: 3 });
  }
  await load.moreWrites(WRITES_BETWEEN);
  await verify(cluster, load);
});

cutting(
  "a follower that does not hear the leader deposes nobody, though it talks to the other one",
  1,
  async (cluster) => {
    const leader = await cluster.start(3);
    const load = loadOn(cluster);
    await load.moreWrites(WRITES_BETWEEN);
    const [deaf] = cluster.members.filter((member) => member !== leader);
    if (deaf === undefined) throw new Error("no follower");
    await cluster.network.cut(leader.place, deaf.place);
    await Bun.sleep(STEADY_MS);
    const rest = cluster.members.filter((member) => member !== deaf);
    expect((await cluster.leader({ among: rest })).name).toBe(leader.name);
    await load.moreWrites(WRITES_BETWEEN);
    await cluster.network.heal();
    await cluster.leader({ agreed: 3 });
    await verify(cluster, load);
  },
);

cutting("when only one server reaches the others, that one leads", 1, async (cluster) => {
  const leader = await cluster.start(5);
  const load = loadOn(cluster);
  await load.moreWrites(WRITES_BETWEEN);
  const middle = cluster.members.find((member) => member !== leader);
  if (middle === undefined) throw new Error("no follower");
  const outer = cluster.members.filter((member) => member !== middle);
  for (const member of outer) {
    for (const other of outer) if (member !== other) await cluster.network.cut(member.place, other.place);
  }
  // The old leader is followed until its heartbeats are missed.
  await until(async () => (await cluster.leader({ agreed: 5 })).name === middle.name, `${middle.name} leads`);
  await load.moreWrites(WRITES_BETWEEN);
  await cluster.network.heal();
  await cluster.leader({ agreed: 5 });
  await verify(cluster, load);
});

cutting("whatever links are cut: nothing is wrong, and when they are back all goes on", 1, async (cluster) => {
  const random = seeded(CLUSTER_SEED);
  await cluster.start(5);
  const load = loadOn(cluster);
  for (let round = 0; round < rounds(1); round++) {
    await load.moreWrites(WRITES_BETWEEN);
    const share = random();
    for (const { place } of cluster.members) {
      for (const other of cluster.members)
        if (place !== other.place && random() < share) await cluster.network.cut(place, other.place);
    }
    await Bun.sleep(CUT_MS);
    await cluster.network.heal();
    await cluster.leader({ agreed: 5 });
  }
  await load.moreWrites(WRITES_BETWEEN);
  await verify(cluster, load);
});
