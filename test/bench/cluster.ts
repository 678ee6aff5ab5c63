import { Cluster } from "../e2e/harness/cluster/cluster.ts";
import { loopback } from "../e2e/harness/cluster/network.ts";
import { isAnswer } from "../e2e/harness/cluster/request.ts";
import { LOAD_CORE, SERVER_CORE } from "./machine.ts";
import type { Peer, Target } from "./peers.ts";

export const SERVERS = 3;
/** All of them, and the load too: three servers do not fit on one core. */
const CORES = [SERVER_CORE, LOAD_CORE];
const CONNECTIONS_PER_CLIENT = 12_000;
const STEADY_MS = 2_000;
const POLL_MS = 100;
const AGAIN_MS = 5;
const ANSWER_MS_MAX = 15_000;

/** Consul as its manual wants it for production: with its defaults it would be slower to elect by a factor of five. */
const CONFIG: Readonly<Record<Peer["name"], Readonly<Record<string, unknown>>>> = {
  Consul: { performance: { raft_multiplier: 1 }, disable_update_check: true },
  Muster: {},
};

/** Runs `use` with three servers in new folders, ready and steady. */
export async function withThree<T>(
  peer: Peer,
  root: string,
  use: (cluster: Cluster, target: Target) => Promise<T>,
): Promise<T> {
  const config = {
    ...CONFIG[peer.name],
    retry_interval: "1s",
    limits: { http_max_conns_per_client: CONNECTIONS_PER_CLIENT },
  };
  const registry = { name: peer.name, binary: peer.binary, isDefaultModeLinearizable: false };
  const cluster = new Cluster(registry, loopback(), { config, root });
  const kill = () => {
    for (const member of cluster.running) member.signal("SIGKILL");
  };
  process.once("exit", kill);
  try {
    await cluster.start(SERVERS, () => ({ wrapper: pinned }));
    return await use(cluster, await steadyTarget(cluster, peer));
  } finally {
    process.off("exit", kill);
    await cluster.close();
  }
}

const pinned = ["taskset", "-c", CORES.join(",")];

/** The leader, once it has been the same for a while. */
async function steadyTarget(cluster: Cluster, peer: Peer): Promise<Target> {
  let leader = await cluster.leader({ agreed: SERVERS });
  for (let sinceMs = performance.now(); performance.now() < sinceMs + STEADY_MS; ) {
    await Bun.sleep(POLL_MS);
    const now = await cluster.leader({ agreed: SERVERS });
    if (now !== leader) sinceMs = performance.now();
    leader = now;
  }
  return {
    peer,
    dir: leader.dir,
    url: leader.endpoint.url,
    pids: cluster.running.map(({ pid }) => pid),
    cores: { servers: CORES, load: CORES },
  };
}

/** Milliseconds from the death of the leader (SIGKILL) to the first write that another server answers. All are there again when it resolves. */
export async function failoverMs(cluster: Cluster, peer: Peer): Promise<number> {
  await steadyTarget(cluster, peer);
  const leader = await cluster.leader({ agreed: SERVERS });
  const others = cluster.members.filter((member) => member !== leader);
  const killedMs = performance.now();
  leader.signal("SIGKILL");
  let isWritten = false;
  const write = async (member: (typeof others)[number]): Promise<number> => {
    while (!isWritten) {
      const answer = await member.ask("PUT", "/v1/kv/failover", "x", ANSWER_MS_MAX);
      if (isAnswer(answer) && answer.status === 200) isWritten = true;
      else if (performance.now() > killedMs + ANSWER_MS_MAX * 2) throw new Error("no write is accepted any more");
      else await Bun.sleep(AGAIN_MS);
    }
    return performance.now() - killedMs;
  };
  // A client at each of the two, as with a load balancer; one has the answer before the other.
  const ms = await Promise.race(others.map(write));
  await leader.ended();
  cluster.launch(leader, { wrapper: pinned });
  return ms;
}
