import { afterEach, expect, test } from "bun:test";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Core } from "../../../src/app/core.ts";
import { kvGet } from "../../../src/state/kv/queries.ts";
import { serviceNodes } from "../../../src/state/services/queries.ts";
import { ClusterRig } from "../../support/app/cluster-rig.ts";

const TEST_MS_MAX = 60_000;
const EXPECT_3 = "bootstrap_expect = 3";

let rig: ClusterRig;
afterEach(() => rig.close());

const put = (core: Core, key: string) => core.forwarder.run("kv.put", { key, value: new Uint8Array([49]), flags: 0n });
const has = (core: Core, key: string) => kvGet(core.db, key).value !== undefined;
const read = async (core: Core, key: string) => {
  await core.raft.readIndex({ isConfirmed: true, timeoutMs: 5000 });
  return has(core, key);
};
const voters = ({ raft }: Core) => raft.configuration().configuration.servers.filter(({ voter }) => voter).length;
const inCatalog = ({ db }: Core) => serviceNodes(db, "consul").value.map(({ Node }) => Node);

async function three(): Promise<void> {
  rig = new ClusterRig();
  await Promise.all([1, 2, 3].map((host) => rig.start(`s${host}`, host, [1, 2, 3], EXPECT_3)));
  await rig.leader();
}

test(
  "three servers make one cluster; each takes writes and reads, and the catalog has them all",
  async () => {
    await three();
    for (const [name, core] of rig.running) expect(await put(core, name)).toBe(true);
    for (const core of rig.running.values()) {
      for (const name of rig.running.keys()) expect(await read(core, name)).toBe(true);
    }
    const follower = await rig.follower();
    await rig.until("all in the catalog", () => inCatalog(follower).length === 3);
    expect(follower.members().map(({ isAlive }) => isAlive)).toEqual([true, true, true]);
    const id = await follower.forwarder.run("session.create", {
      ...{ Name: "", Node: "s1", LockDelay: 0, Behavior: "", TTL: "10s" },
      ...{ NodeChecks: ["serfHealth"], ServiceChecks: null },
    });
    expect((await follower.forwarder.run("session.renew", { id }))?.ID).toBe(id);
    await rig.until("health", async () => (await follower.operator.serverHealth()).Healthy);
    expect((await follower.operator.serverHealth()).FailureTolerance).toBe(1);
    expect(rig.fatal).toEqual([]);
  },
  TEST_MS_MAX,
);

test(
  "servers that all ask one of them find each other through it, in whatever order they start",
  async () => {
    rig = new ClusterRig();
    for (const host of [3, 2]) await rig.start(`s${host}`, host, [1], EXPECT_3);
    await rig.start("s1", 1, [], EXPECT_3);
    const leader = await rig.leader();
    await rig.until("three voters", () => [...rig.running.values()].every((core) => voters(core) === 3));
    expect(await put(leader, "a")).toBe(true);
  },
  TEST_MS_MAX,
);

test(
  "a stopped leader hands over, and writes go on; all come back under other addresses and find each other",
  async () => {
    await three();
    const leader = await rig.leader();
    const name = [...rig.running].find(([, core]) => core === leader)?.[0] as string;
    const other = await rig.follower();
    const [, , during] = await Promise.all([rig.stop(name), put(other, "a"), put(other, "b")]);
    expect(during).toBe(true);
    await rig.leader();
    for (const each of [...rig.running.keys()]) await rig.stop(each);
    for (const [at, each] of ["s1", "s2", "s3"].entries()) await rig.start(each, 11 + at, [11, 12, 13], EXPECT_3);
    const next = await rig.leader();
    expect(voters(next)).toBe(3);
    expect(await read(await rig.follower(), "b")).toBe(true);
    await rig.until("the new addresses", () =>
      next.raft.configuration().configuration.servers.every(({ address }) => /\.1[123]:8300$/.test(address)),
    );
  },
  TEST_MS_MAX,
);

test(
  "without a majority writes are held and refused; one server recovers by hand, and the others stay out",
  async () => {
    await three();
    const leader = await rig.leader();
    expect(await put(leader, "a")).toBe(true);
    const survivor = await rig.follower();
    const [name = ""] = [...rig.running].find(([, core]) => core === survivor) ?? [];
    const before = survivor.operator.recovery();
    expect([before.Leader, before.LostServers.length]).toEqual([leader.nodeId, 2]);
    await rig.until("the write", () => has(survivor, "a"));
    const gone = [...rig.running.keys()].filter((each) => each !== name);
    for (const each of gone) await rig.stop(each);
    await survivor.operator.recover();
    expect(survivor.raft.isLeader).toBe(true);
    expect(await put(survivor, "b")).toBe(true);
    const recovered = survivor.operator.recovery();
    expect([recovered.LostServers, recovered.ClusterID === before.ClusterID]).toEqual([[], false]);
    const lost = await rig.start(gone[0] as string, 4, [1, 2, 3]);
    await rig.until(
      "the refusal",
      () => rig.logs.get(name)?.some((line) => line.includes("belongs to cluster")) === true,
    );
    expect([has(lost, "b"), voters(survivor)]).toEqual([false, 1]);
  },
  TEST_MS_MAX,
);

test(
  "peers.json makes the servers that it names a cluster of their own",
  async () => {
    await three();
    await put(await rig.leader(), "a");
    const ids = new Map([...rig.running].map(([name, { nodeId }]) => [name, nodeId]));
    for (const each of [...rig.running.keys()]) await rig.stop(each);
    const peers = [1, 2].map((host) => ({ id: ids.get(`s${host}`), address: `${rig.address(host)}:8300` }));
    for (const name of ["s1", "s2"]) {
      writeFileSync(join(rig.dataDir(name), "raft", "peers.json"), JSON.stringify(peers));
      await rig.start(name, Number(name[1]), [1, 2]);
    }
    const leader = await rig.leader();
    expect([voters(leader), await read(await rig.follower(), "a")]).toEqual([2, true]);
    expect(existsSync(join(rig.dataDir("s1"), "raft", "peers.json"))).toBe(false);
    const [one, two] = [...rig.running.values()];
    expect(one?.operator.recovery().ClusterID).toBe(two?.operator.recovery().ClusterID as string);
  },
  TEST_MS_MAX,
);

test(
  "a server whose log is damaged comes back as another one, takes the old one's place, and gets its vote",
  async () => {
    await three();
    await put(await rig.leader(), "a");
    const victim = await rig.follower();
    const [name = ""] = [...rig.running].find(([, core]) => core === victim) ?? [];
    await rig.until("the write", () => has(victim, "a"));
    await rig.stop(name);
    const path = join(rig.dataDir(name), "raft", "raft.db");
    const bytes = readFileSync(path);
    bytes.fill(0xaa, bytes.length - 2000, bytes.length - 1000);
    writeFileSync(path, bytes);
    const back = await rig.start(name, Number(name[1]), [1, 2, 3], EXPECT_3);
    expect(back.nodeId).not.toBe(victim.nodeId);
    const leader = await rig.leader();
    await rig.operator(leader, { ServerStabilizationTime: 0 });
    await rig.until("three voters again", () => voters(leader) === 3 && voters(back) === 3);
    expect(leader.operator.raftConfiguration().map(({ ID }) => ID)).not.toContain(victim.nodeId);
    expect(await read(back, "a")).toBe(true);
    await rig.until("its node in the catalog", () => inCatalog(leader).length === 3 && inCatalog(back).length === 3);
  },
  TEST_MS_MAX,
);

test(
  "a server that leaves is out of the cluster; the last one never leaves it empty",
  async () => {
    rig = new ClusterRig();
    await Promise.all([1, 2].map((host) => rig.start(`s${host}`, host, [1, 2], "bootstrap_expect = 2")));
    const follower = await rig.follower();
    const leader = await rig.leader();
    await rig.until("both in the catalog", () => inCatalog(leader).length === 2);
    await follower.leave();
    expect([voters(leader), inCatalog(leader).length]).toEqual([1, 1]);
    await leader.leave();
    expect(voters(leader)).toBe(1);
    expect(await put(leader, "a")).toBe(true);
  },
  TEST_MS_MAX,
);
