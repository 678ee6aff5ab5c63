import { test } from "bun:test";
import { onLoopback } from "../harness/cluster/cluster.ts";
import { CLUSTER_SEED, rounds, roundsMsMax } from "../harness/cluster/length.ts";
import { Load } from "../harness/cluster/load.ts";
import { registryUnderTest } from "../harness/cluster/registry.ts";
import { verify } from "../harness/cluster/verify.ts";
import { seeded } from "../harness/random.ts";

/** Longer than an election takes, shorter than a client waits: what a paused leader finds when it wakes is answered. */
const LONG_MS = 1_800;
const WRITES_BETWEEN = 40;

test(
  `a leader that was frozen while another was elected answers nothing that is old (CLUSTER_SEED=${CLUSTER_SEED})`,
  () =>
    onLoopback(registryUnderTest(), async (cluster) => {
      const random = seeded(CLUSTER_SEED);
      await cluster.start(3);
      const load = new Load(cluster, { seed: CLUSTER_SEED, clients: 20 }).start();
      for (let round = 0; round < rounds(2); round++) {
        await load.moreWrites(WRITES_BETWEEN);
        // Every second one is a pause of any server, and may be too short for an election.
        const leader = await cluster.leader();
        const isAny = round % 2 === 1;
        const victim = isAny ? (cluster.members[Math.floor(random() * 3)] ?? leader) : leader;
        victim.pause();
        const pausedMs = performance.now();
        if (!isAny) await cluster.leader();
        const pauseMs = isAny ? random() * LONG_MS : LONG_MS;
        await Bun.sleep(Math.max(0, pausedMs + pauseMs - performance.now()));
        victim.resume();
        await cluster.leader({ agreed: 3 });
      }
      await load.moreWrites(WRITES_BETWEEN);
      await verify(cluster, load);
    }),
  roundsMsMax(2),
);
