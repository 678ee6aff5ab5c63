import { expect, test } from "bun:test";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { until } from "../../support/e2e/agent.ts";
import { type Cluster, onLoopback } from "../harness/cluster/cluster.ts";
import { CLUSTER_SEED, roundsMsMax } from "../harness/cluster/length.ts";
import { Load } from "../harness/cluster/load.ts";
import type { Member } from "../harness/cluster/member.ts";
import { registryUnderTest } from "../harness/cluster/registry.ts";
import { verify } from "../harness/cluster/verify.ts";

const WRITES_BETWEEN = 40;

test(
  "a follower whose log is damaged sets it aside, takes a new id and gets everything from its peers",
  () =>
    onLoopback(registryUnderTest(), async (cluster) => {
      const leader = await cluster.start(3);
      const marked = "to be damaged ".repeat(20);
      const written = await leader.ask("PUT", "/v1/kv/marked", marked);
      expect(written).toMatchObject({ status: 200 });
      const load = new Load(cluster, { seed: CLUSTER_SEED }).start();
      await load.moreWrites(WRITES_BETWEEN);
      const victim = cluster.members.find((member) => member !== leader);
      if (victim === undefined) throw new Error("no follower");
      const [before = ""] = await votersNamed(cluster, victim, leader);
      await victim.stop("SIGKILL");
      damage(victim, marked);
      cluster.launch(victim);
      await until(async () => (await votersNamed(cluster, victim, leader)).some((id) => id !== before), "a new voter");
      // The old one is dead, and a server of its name is there.
      await until(async () => !(await votersNamed(cluster, victim, leader)).includes(before), "the end of the old one");
      await cluster.votersAre(cluster.members);
      await load.moreWrites(WRITES_BETWEEN);
      await verify(cluster, load);
      const answer = await victim.ask("GET", "/v1/kv/marked?raw&stale");
      expect(answer).toMatchObject({ status: 200, text: marked });
    }),
  roundsMsMax(1),
);

async function votersNamed(cluster: Cluster, { name }: Member, through: Member): Promise<string[]> {
  const peers = await cluster.peers(through);
  return peers.filter(({ Node, Voter }) => Node === name && Voter).map(({ ID }) => ID);
}

/** Flips one bit where the log has this text. */
function damage(member: Member, text: string): void {
  for (const file of ["raft/raft.db", "raft/raft.db-wal"]) {
    const path = join(member.dataDir, file);
    const bytes = existsSync(path) ? readFileSync(path) : Buffer.alloc(0);
    const place = Math.max(bytes.indexOf(btoa(text).slice(0, 80)), bytes.indexOf(text.slice(0, 80)));
    if (place < 0) continue;
    bytes[place + 40] = (bytes[place + 40] ?? 0) ^ 0x04;
    writeFileSync(path, bytes);
    return;
  }
  throw new Error(`the log of ${member.name} does not have the text`);
}
