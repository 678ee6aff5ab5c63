import { expect, test } from "bun:test";
import { until } from "../../support/e2e/agent.ts";
import { type Cluster, onLoopback } from "../harness/cluster/cluster.ts";
import { CLUSTER_SEED, rounds, roundsMsMax } from "../harness/cluster/length.ts";
import { Load } from "../harness/cluster/load.ts";
import type { Member } from "../harness/cluster/member.ts";
import { registryUnderTest } from "../harness/cluster/registry.ts";
import { isAnswer } from "../harness/cluster/request.ts";
import { verify } from "../harness/cluster/verify.ts";

const WRITES_BETWEEN = 40;
const registry = registryUnderTest();
const loadOn = (cluster: Cluster) => new Load(cluster, { seed: CLUSTER_SEED }).start();

test(
  `a rolling restart under load loses nothing (CLUSTER_SEED=${CLUSTER_SEED})`,
  () =>
    onLoopback(registry, async (cluster) => {
      await cluster.start(3);
      const load = loadOn(cluster);
      for (let round = 0; round < rounds(1); round++) {
        for (const member of cluster.members) {
          await load.moreWrites(WRITES_BETWEEN);
          await member.stop("SIGTERM");
          await cluster.leader();
          cluster.launch(member);
          await cluster.leader({ agreed: 3 });
        }
      }
      await load.moreWrites(WRITES_BETWEEN);
      await verify(cluster, load);
      await cluster.votersAre(cluster.members);
    }),
  roundsMsMax(1),
);

test(
  "three servers that all come back with new addresses find each other",
  () =>
    onLoopback(registry, async (cluster) => {
      await cluster.start(3);
      const load = loadOn(cluster);
      for (let round = 0; round < rounds(1); round++) {
        await load.moreWrites(WRITES_BETWEEN);
        for (const member of cluster.members) {
          await member.stop(round % 2 === 0 ? "SIGTERM" : "SIGKILL");
          member.moveTo(await cluster.network.place());
        }
        for (const member of cluster.members) cluster.launch(member);
        await cluster.leader({ agreed: 3 });
      }
      await load.moreWrites(WRITES_BETWEEN);
      await verify(cluster, load);
      await cluster.votersAre(cluster.members);
      const wanted = cluster.members.map(({ place }) => `${place.address}:8300`).sort();
      await until(async () => {
        const peers = await cluster.peers(await cluster.leader());
        return JSON.stringify(peers.map(({ Address }) => Address).sort()) === JSON.stringify(wanted);
      }, `the addresses ${wanted} in the log`);
    }),
  roundsMsMax(1),
);

test(
  "from three to five servers and back to three, under load: one leaves, one is dead and taken out",
  () =>
    onLoopback(registry, async (cluster) => {
      await cluster.start(3);
      const load = loadOn(cluster);
      await load.moreWrites(WRITES_BETWEEN);
      await cluster.add();
      await cluster.add();
      await cluster.votersAre(cluster.members);
      await load.moreWrites(WRITES_BETWEEN);
      // Those who were there first go, so that nobody is left who began the cluster with the leader.
      const [first, second] = cluster.members as [Member, Member];
      await leave(first);
      cluster.forget(first);
      await cluster.votersAre(cluster.members);
      await load.moreWrites(WRITES_BETWEEN);
      await second.stop("SIGKILL");
      const leader = await cluster.leader({ agreed: 3 });
      await cluster.removePeer(second, leader);
      cluster.forget(second);
      await cluster.votersAre(cluster.members);
      await load.moreWrites(WRITES_BETWEEN);
      await verify(cluster, load);
    }),
  roundsMsMax(2),
);

test(
  "all servers leave, one after the other, and are started again: the cluster is there with all it had",
  () =>
    onLoopback(registry, async (cluster) => {
      await cluster.start(3);
      const load = loadOn(cluster);
      await load.moreWrites(WRITES_BETWEEN);
      await load.stop();
      for (const member of cluster.members) await leave(member);
      for (const member of cluster.members) cluster.launch(member);
      await cluster.leader({ agreed: 3 });
      await cluster.votersAre(cluster.members);
      await verify(cluster, load);
    }),
  roundsMsMax(1),
);

/** Asks a server to leave, and waits until its process has ended. */
async function leave(member: Member): Promise<void> {
  const answer = await member.ask("PUT", "/v1/agent/leave", undefined, 20_000);
  // Its HTTP may be gone before the answer is.
  if (isAnswer(answer)) expect(answer).toMatchObject({ status: 200 });
  await member.ended();
}
