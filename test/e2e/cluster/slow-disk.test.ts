import { expect, test } from "bun:test";
import { type Cluster, onLoopback } from "../harness/cluster/cluster.ts";
import { CLUSTER_SEED, roundsMsMax } from "../harness/cluster/length.ts";
import { Load } from "../harness/cluster/load.ts";
import type { Member } from "../harness/cluster/member.ts";
import { registryUnderTest } from "../harness/cluster/registry.ts";
import { verify } from "../harness/cluster/verify.ts";

const registry = registryUnderTest();
const WRITES_BETWEEN = 40;
const FSYNC_MS = 150;
/** Delays what waits for the disk and nothing else: the filter of system calls leaves all others alone. */
const SLOW_DISK = [
  ...["strace", "-f", "--seccomp-bpf", "-qq", "-o", "/dev/null", "-e", "trace=fsync,fdatasync"],
  ...["-e", `inject=fsync,fdatasync:delay_enter=${FSYNC_MS * 1000}`],
];
const canSlow = Bun.which("strace") !== null && Bun.spawnSync(["strace", "-f", "--seccomp-bpf", "true"]).success;
const loadOn = (cluster: Cluster) => new Load(cluster, { seed: CLUSTER_SEED }).start();

test.skipIf(!canSlow)(
  canSlow
    ? "a slow disk: one follower's delays nobody, and all go on when each write needs it"
    : "a slow disk (not run: strace is missing or may not trace here)",
  () =>
    onLoopback(registry, async (cluster) => {
      await cluster.start(3);
      const load = loadOn(cluster);
      await load.moreWrites(WRITES_BETWEEN);
      const leader = await cluster.leader();
      const [slow, other] = cluster.members.filter((member) => member !== leader) as [Member, Member];
      await slow.stop("SIGTERM");
      cluster.launch(slow, { wrapper: SLOW_DISK });
      await cluster.leader({ agreed: 3 });
      const startMs = performance.now();
      await load.moreWrites(WRITES_BETWEEN * 2);
      // One after the other they would take far longer on the slow one's disk.
      expect(performance.now() - startMs).toBeLessThan((WRITES_BETWEEN * 2 * FSYNC_MS) / 2);
      await other.stop("SIGKILL");
      await load.moreWrites(WRITES_BETWEEN / 4);
      // Heartbeats do not wait for disks.
      expect((await cluster.leader()).name).toBe(leader.name);
      cluster.launch(other);
      await cluster.leader({ agreed: 3 });
      await load.moreWrites(WRITES_BETWEEN);
      await verify(cluster, load);
    }),
  roundsMsMax(1),
);
