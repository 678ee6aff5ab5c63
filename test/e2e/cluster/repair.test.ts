import { expect, test } from "bun:test";
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { until } from "../../support/e2e/agent.ts";
import { type Cluster, onLoopback } from "../harness/cluster/cluster.ts";
import { CLUSTER_SEED, roundsMsMax } from "../harness/cluster/length.ts";
import { Load } from "../harness/cluster/load.ts";
import type { Member } from "../harness/cluster/member.ts";
import { registryUnderTest } from "../harness/cluster/registry.ts";
import { isAnswer } from "../harness/cluster/request.ts";
import { verify } from "../harness/cluster/verify.ts";

const WRITES_BETWEEN = 40;
const registry = registryUnderTest();
const loadOn = (cluster: Cluster) => new Load(cluster, { seed: CLUSTER_SEED }).start();

test(
  "when two of three are lost for good, the third goes on when it is told to, and new ones join it",
  () =>
    onLoopback(registry, async (cluster) => {
      const survivor = await cluster.start(3);
      const load = loadOn(cluster);
      await load.moreWrites(WRITES_BETWEEN);
      await load.stop();
      const lost = await loseOthers(cluster, survivor);
      const write = () => survivor.ask("PUT", "/v1/kv/alone", "x", 3_000);
      expect(await write()).not.toMatchObject({ status: 200 });
      const loss = await survivor.read<{ Confirm: string; LostServers: { Node: string }[] }>(
        "/v1/operator/raft/recover",
      );
      expect(loss?.LostServers.map(({ Node }) => Node).sort()).toEqual(lost.map(({ name }) => name).sort());
      const refused = await survivor.ask("POST", "/v1/operator/raft/recover", { Confirm: "yes" });
      expect(isAnswer(refused) && refused.status >= 400).toBe(true);
      const done = await survivor.ask("POST", "/v1/operator/raft/recover", { Confirm: loss?.Confirm });
      expect(done).toMatchObject({ status: 200 });
      await joinAgain(cluster, survivor, lost);
      await verify(cluster, load);
    }),
  roundsMsMax(1),
);

test(
  "the same by Consul's raft/peers.json, on a survivor that was stopped",
  () =>
    onLoopback(registry, async (cluster) => {
      const survivor = await cluster.start(3);
      const load = loadOn(cluster);
      await load.moreWrites(WRITES_BETWEEN);
      await load.stop();
      const id = await idOf(cluster, survivor, survivor);
      const lost = await loseOthers(cluster, survivor);
      await survivor.stop("SIGTERM");
      const peers = [{ id, address: `${survivor.place.address}:8300`, non_voter: false }];
      writeFileSync(join(survivor.dataDir, "raft/peers.json"), JSON.stringify(peers));
      cluster.launch(survivor);
      await joinAgain(cluster, survivor, lost);
      expect(existsSync(join(survivor.dataDir, "raft/peers.json"))).toBe(false);
      await verify(cluster, load);
    }),
  roundsMsMax(1),
);

test(
  "a snapshot is restored on a live cluster: nobody sees what was before once somebody saw the restored state, and later writes have higher indexes than all before",
  () =>
    onLoopback(registry, async (cluster) => {
      const leader = await cluster.start(3);
      expect(await leader.ask("PUT", "/v1/kv/state", "saved")).toMatchObject({ status: 200 });
      const archive = join(cluster.dir, "saved.tgz");
      await Bun.write(archive, await (await fetch(`${leader.endpoint.url}/v1/snapshot`)).arrayBuffer());
      expect(await leader.ask("PUT", "/v1/kv/state", "later")).toMatchObject({ status: 200 });
      expect(await leader.ask("PUT", "/v1/kv/gone", "later")).toMatchObject({ status: 200 });
      const readers = cluster.members.map((member) => watch(member));
      const enough = () => readers.every(({ seen }) => seen.length > 5);
      await until(async () => enough(), "reads before the restore");
      // A follower hands it on.
      const through = cluster.members.find((member) => member !== leader) ?? leader;
      const response = await fetch(`${through.endpoint.url}/v1/snapshot`, { method: "PUT", body: Bun.file(archive) });
      const restoredMs = performance.now();
      expect([response.status, await response.text()]).toEqual([200, ""]);
      for (const { seen } of readers) {
        const before = seen.length;
        await until(async () => seen.length > before + 5, "reads after the restore");
      }
      await Promise.all(readers.map((reader) => reader.stop()));
      const all = readers.flatMap(({ seen }) => seen);
      expect(new Set(all.map(({ value }) => value))).toEqual(new Set(["later", "saved"]));
      const firstSavedMs = Math.min(...all.filter(({ value }) => value === "saved").map(({ end }) => end), restoredMs);
      expect(all.filter(({ call, value }) => call > firstSavedMs && value !== "saved")).toEqual([]);
      // The restored pair has the index that it had; whatever is written from here on has one that nobody saw before.
      const highest = Math.max(...all.map(({ index }) => index));
      expect(await leader.ask("PUT", "/v1/kv/state", "after")).toMatchObject({ status: 200 });
      for (const member of cluster.members) {
        const answer = await member.ask("GET", "/v1/kv/state?raw&consistent");
        expect(answer).toMatchObject({ status: 200, text: "after" });
        expect(isAnswer(answer) && answer.index).toBeGreaterThan(highest);
      }
      for (const member of cluster.members)
        expect(await member.ask("GET", "/v1/kv/gone?consistent")).toMatchObject({ status: 404 });
      // The log goes on from there.
      const load = loadOn(cluster);
      await load.moreWrites(WRITES_BETWEEN);
      await (await cluster.leader()).stop("SIGKILL");
      await cluster.leader();
      await load.moreWrites(WRITES_BETWEEN);
      await verify(cluster, load);
    }),
  roundsMsMax(1),
);

interface Seen {
  readonly call: number;
  readonly end: number;
  readonly value: string;
  readonly index: number;
}

/** Reads one key in the default mode through one server, again and again. */
function watch(member: Member): { seen: Seen[]; stop(): Promise<void> } {
  const seen: Seen[] = [];
  let isStopping = false;
  const running = (async () => {
    while (!isStopping) {
      const call = performance.now();
      const answer = await member.ask("GET", "/v1/kv/state?raw");
      if (isAnswer(answer) && answer.status === 200)
        seen.push({ call, end: performance.now(), value: answer.text, index: answer.index });
      await Bun.sleep(2);
    }
  })();
  return {
    seen,
    stop() {
      isStopping = true;
      return running;
    },
  };
}

async function idOf(cluster: Cluster, { name }: Member, through: Member): Promise<string> {
  const id = (await cluster.peers(through)).find(({ Node }) => Node === name)?.ID;
  if (id === undefined) throw new Error(`${name} is no peer`);
  return id;
}

/** Kills all but one and removes all they had. */
async function loseOthers(cluster: Cluster, survivor: Member): Promise<Member[]> {
  const lost = cluster.members.filter((member) => member !== survivor);
  for (const member of lost) {
    await member.stop("SIGKILL");
    rmSync(member.dataDir, { recursive: true });
  }
  return lost;
}

/** The survivor leads; the others come as new servers. */
async function joinAgain(cluster: Cluster, survivor: Member, lost: readonly Member[]): Promise<void> {
  expect((await cluster.leader({ among: [survivor], agreed: 1 })).name).toBe(survivor.name);
  for (const member of lost) cluster.launch(member);
  await cluster.votersAre(cluster.members);
}
