import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { CONSUL_ARCHIVE } from "../../support/archives.ts";
import { until } from "../../support/e2e/agent.ts";
import { makeArchive } from "../../support/made-archive.ts";
import { recordsOf, stateBinOf } from "../../support/state-archive.ts";
import { type Cluster, onLoopback } from "../harness/cluster/cluster.ts";
import { CLUSTER_SEED, rounds, roundsMsMax } from "../harness/cluster/length.ts";
import type { Member } from "../harness/cluster/member.ts";
import { registryUnderTest } from "../harness/cluster/registry.ts";
import { seeded } from "../harness/random.ts";

/** So short that who was away for a while needs a snapshot. */
const SHORT_LOGS = { raft_snapshot_threshold: 50, raft_snapshot_interval: "200ms", raft_trailing_logs: 10 };
const WRITES = 150;
const KEYS = 20_000;
/** A restore of it is under way for this long, more or less. */
const RESTORE_MS = 1_500;
const SAME_MS_MAX = 30_000;

/** The keys that a server has, by their first letter. */
async function statesOf(member: Member): Promise<Record<string, number>> {
  const response = await fetch(`${member.endpoint.url}/v1/kv/?keys&consistent`);
  if (response.status !== 200) throw new Error(`${member.name}: ${response.status}`);
  const counts: Record<string, number> = {};
  for (const key of (await response.json()) as string[]) {
    const letter = key[0] ?? "";
    counts[letter] = (counts[letter] ?? 0) + 1;
  }
  return counts;
}

const restore = (member: Member, archive: string) =>
  fetch(`${member.endpoint.url}/v1/snapshot`, { method: "PUT", body: new Uint8Array(readFileSync(archive)) })
    .then(({ status }) => status)
    .catch(() => 0);

async function victimOf(cluster: Cluster, round: number, asked: Member): Promise<Member> {
  const leader = await cluster.leader({ agreed: 3 });
  const other = cluster.members.find((member) => member !== leader && member !== asked) ?? leader;
  return [leader, asked, other][round % 3] ?? leader;
}

test(
  `a server that is killed at any moment of a restore has the old or the new state as a whole, the same as the others (CLUSTER_SEED=${CLUSTER_SEED})`,
  () =>
    onLoopback(registryUnderTest(), async (cluster) => {
      const random = seeded(CLUSTER_SEED);
      await cluster.start(3);
      const archives = ["a", "b"].map((letter) => join(cluster.dir, `${letter}.snap`));
      for (const path of archives) await makeArchive({ path, prefix: `${path.at(-6)}/`, keys: KEYS, valueBytes: 200 });
      const leader = await cluster.leader({ agreed: 3 });
      expect(await restore(leader, archives[1] ?? "")).toBe(200);
      for (let round = 0; round < 6 * rounds(1); round++) {
        const now = await cluster.leader({ agreed: 3 });
        const asked = cluster.members.find((member) => member !== now) ?? now;
        const victim = await victimOf(cluster, round, asked);
        const done = restore(asked, archives[round % 2] ?? "");
        const deadline = performance.now() + random() * RESTORE_MS;
        await until(async () => performance.now() >= deadline, "the moment of the death");
        await victim.stop("SIGKILL");
        const status = await done;
        cluster.launch(victim);
        await cluster.leader({ agreed: 3 });
        const found: Record<string, number>[] = [];
        const isSame = async () => {
          const states = await Promise.all(cluster.members.map(statesOf)).catch(() => []);
          found.splice(0, found.length, ...states);
          return states.length === 3 && states.every((each) => JSON.stringify(each) === JSON.stringify(states[0]));
        };
        await until(isSame, `one state on all servers: ${JSON.stringify(found)}`, SAME_MS_MAX);
        const [before, after] = round % 2 === 0 ? ["b", "a"] : ["a", "b"];
        const wholes = [{ [after]: KEYS }, ...(status === 200 ? [] : [{ [before]: KEYS }])];
        expect({ round, status, wholes }).toEqual({ round, status, wholes: expect.arrayContaining([found[0]]) });
        // The next round begins with this one's archive. A leader may still be at the one that the dead server has sent it.
        const isRestored = async () => (await restore(asked, archives[round % 2] ?? "")) === 200;
        if (found[0]?.[after] !== KEYS) await until(isRestored, "the next round's state", SAME_MS_MAX);
      }
    }),
  roundsMsMax(6),
);

test(
  "a server that was away during a restore gets what is kept, too, with the snapshot that it is sent",
  () =>
    onLoopback(registryUnderTest(), async (cluster) => {
      const leader = await cluster.start(3, () => ({ config: SHORT_LOGS }));
      const away = cluster.members.find((member) => member !== leader) ?? leader;
      await away.stop("SIGKILL");
      const put = (path: string, body: Uint8Array<ArrayBuffer> | string) =>
        fetch(`${leader.endpoint.url}${path}`, { method: "PUT", body }).then(({ status }) => status);
      expect(await put("/v1/snapshot", new Uint8Array(CONSUL_ARCHIVE))).toBe(200);
      for (let at = 0; at < WRITES; at++) expect(await put(`/v1/kv/after/${at}`, "x")).toBe(200);
      cluster.launch(away);
      const last = `${away.endpoint.url}/v1/kv/after/${WRITES - 1}?stale`;
      const isThere = () =>
        fetch(last)
          .then(({ status }) => status === 200)
          .catch(() => false);
      await until(isThere, "the state at the server that was away");
      const secrets = async (member: Member) => {
        const archive = await (await fetch(`${member.endpoint.url}/v1/snapshot?stale`)).bytes();
        return recordsOf(await stateBinOf(archive)).filter(({ type }) => type === 17);
      };
      expect(await secrets(away)).toEqual(await secrets(leader));
      expect(await secrets(away)).toHaveLength(5);
    }),
  roundsMsMax(1),
);
