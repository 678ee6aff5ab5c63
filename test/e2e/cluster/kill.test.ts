import { expect, test } from "bun:test";
import { type Cluster, onLoopback } from "../harness/cluster/cluster.ts";
import { CLUSTER_SEED, rounds, roundsMsMax } from "../harness/cluster/length.ts";
import { Load } from "../harness/cluster/load.ts";
import { registryUnderTest } from "../harness/cluster/registry.ts";
import { verify } from "../harness/cluster/verify.ts";
import { seeded } from "../harness/random.ts";

const registry = registryUnderTest();
const WRITES_BETWEEN = 40;
const CLIENTS = 10;
const ALONE_MS = 800;

test(
  "one server: killed under load, it comes back with every answered write",
  () =>
    onLoopback(registry, async (cluster) => {
      const only = await cluster.start(1);
      const load = new Load(cluster, { seed: CLUSTER_SEED }).start();
      for (let round = 0; round < rounds(1); round++) {
        await load.moreWrites(WRITES_BETWEEN);
        await only.stop("SIGKILL");
        cluster.launch(only);
      }
      await load.moreWrites(WRITES_BETWEEN);
      await verify(cluster, load);
    }),
  roundsMsMax(1),
);

test(
  "two servers: with one of them dead no write is accepted, and with both all goes on",
  () =>
    onLoopback(registry, async (cluster) => {
      await cluster.start(2);
      const load = new Load(cluster, { seed: CLUSTER_SEED, clients: CLIENTS, requestMsMax: 1_000 }).start();
      await load.moreWrites(WRITES_BETWEEN);
      for (let round = 0; round < rounds(1); round++) {
        const leader = await cluster.leader();
        const member = round % 2 === 0 ? leader : (cluster.members.find((other) => other !== leader) ?? leader);
        await member.stop("SIGKILL");
        const answered = load.writes;
        await Bun.sleep(ALONE_MS);
        // Those that were committed just before may be told just after.
        expect(load.writes - answered).toBeLessThan(CLIENTS);
        cluster.launch(member);
        await cluster.leader({ agreed: 2 });
        await load.moreWrites(WRITES_BETWEEN);
      }
      await verify(cluster, load);
    }),
  roundsMsMax(1),
);

test(
  `three servers: the leader is killed again and again, and the history is linearizable (CLUSTER_SEED=${CLUSTER_SEED})`,
  () => onLoopback(registry, (cluster) => killLeaders(cluster, 3, rounds(2))),
  roundsMsMax(2),
);

test(
  `five servers: the leader and a follower are killed at once, again and again (CLUSTER_SEED=${CLUSTER_SEED})`,
  () => onLoopback(registry, (cluster) => killLeaders(cluster, 5, rounds(1))),
  roundsMsMax(1),
);

/** Kills as many as may be missing, of which one is the leader. */
async function killLeaders(cluster: Cluster, count: number, times: number): Promise<void> {
  const random = seeded(CLUSTER_SEED);
  await cluster.start(count);
  const load = new Load(cluster, { seed: CLUSTER_SEED }).start();
  for (let round = 0; round < times; round++) {
    await load.moreWrites(WRITES_BETWEEN);
    const leader = await cluster.leader();
    const others = cluster.members.filter((member) => member !== leader).sort(() => random() - 0.5);
    const victims = [leader, ...others.slice(0, Math.floor((count - 1) / 2) - 1)];
    await Promise.all(victims.map((member) => member.stop("SIGKILL")));
    await cluster.leader();
    await load.moreWrites(WRITES_BETWEEN);
    for (const member of victims) cluster.launch(member);
    // In every second round the next death meets servers that have not caught up.
    if (round % 2 === 0) await cluster.leader({ agreed: count });
  }
  await load.moreWrites(WRITES_BETWEEN);
  await verify(cluster, load);
  expect(load.history.length).toBeGreaterThan(times * WRITES_BETWEEN);
}
