import { test } from "bun:test";
import { mkdirSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { until } from "../../support/e2e/agent.ts";
import { type Cluster, onLoopback } from "../harness/cluster/cluster.ts";
import { CLUSTER_SEED, roundsMsMax } from "../harness/cluster/length.ts";
import { Load } from "../harness/cluster/load.ts";
import type { Member } from "../harness/cluster/member.ts";
import { registryUnderTest } from "../harness/cluster/registry.ts";
import { verify } from "../harness/cluster/verify.ts";
import { canMount, type Mounts, mounted } from "../harness/mounts.ts";

const WRITES_BETWEEN = 40;
const DISK_MB = 64;
/** Less than what a server wants to have left. */
const LEFT_MB = 8;
const MB = 1024 * 1024;

/** The title says when the test is not run. */
function mounting(title: string, body: (cluster: Cluster, disks: ReadonlyMap<Member, Mounts>) => Promise<void>): void {
  test.skipIf(!canMount)(
    canMount ? title : `${title} (not run: mounting is forbidden here)`,
    () =>
      onLoopback(registryUnderTest(), async (cluster) => {
        const disks = new Map<Member, Mounts>();
        try {
          await cluster.start(3, async (member) => {
            mkdirSync(member.dataDir);
            // A file system of its own (tmpfs), so that it really is full.
            const disk = await mounted(`mount -t tmpfs -o size=${DISK_MB}m tmpfs "$1"`, member.dataDir);
            disks.set(member, disk);
            return { wrapper: disk.wrapper };
          });
          await body(cluster, disks);
        } finally {
          for (const member of cluster.running) await member.stop("SIGKILL");
          for (const disk of disks.values()) await disk.release();
        }
      }),
    roundsMsMax(2),
  );
}

/** Takes all but `leftMb` of a server's disk; gives what frees it again. */
function fill(member: Member, disk: Mounts | undefined, leftMb: number): () => void {
  if (disk === undefined) throw new Error(`${member.name} has no disk of its own`);
  const ballast = disk.inside(join(member.dataDir, "ballast"));
  const { bavail, bsize } = statfsSync(dirname(ballast));
  try {
    writeFileSync(ballast, Buffer.alloc(bavail * bsize - leftMb * MB));
  } catch (error) {
    // The server took the last bytes meanwhile, which is as full.
    if (leftMb > 0) throw error;
  }
  return () => rmSync(ballast);
}

mounting(
  "a follower without room holds nobody up, a leader without room hands over; with room again each goes on by itself",
  async (cluster, disks) => {
    const load = new Load(cluster, { seed: CLUSTER_SEED }).start();
    await load.moreWrites(WRITES_BETWEEN);
    for (const isLeader of [false, true]) {
      const leader = await cluster.leader();
      const victim = isLeader ? leader : (cluster.members.find((member) => member !== leader) ?? leader);
      const free = fill(victim, disks.get(victim), LEFT_MB);
      await load.moreWrites(WRITES_BETWEEN);
      if (isLeader) await until(async () => (await cluster.leader()) !== victim, "another leader");
      free();
      await cluster.leader({ agreed: 3 });
      await load.moreWrites(WRITES_BETWEEN);
    }
    await verify(cluster, load);
  },
);

mounting(
  "a disk that somebody fills to the last byte may end its server; the others go on, and started again it is one of them",
  async (cluster, disks) => {
    const load = new Load(cluster, { seed: CLUSTER_SEED }).start();
    await load.moreWrites(WRITES_BETWEEN);
    const victim = await cluster.leader();
    const free = fill(victim, disks.get(victim), 0);
    await cluster.leader({ among: cluster.members.filter((member) => member !== victim) });
    await load.moreWrites(WRITES_BETWEEN);
    free();
    // As a service manager does.
    if (!victim.isRunning) cluster.launch(victim, { wrapper: disks.get(victim)?.wrapper ?? [] });
    await cluster.leader({ agreed: 3 });
    await load.moreWrites(WRITES_BETWEEN);
    await verify(cluster, load);
  },
);
