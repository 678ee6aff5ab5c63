import { atLeast, atMost, type Bench, type Group, type Measure, median, type Result, under } from "../bench.ts";
import { failoverMs, SERVERS, withThree } from "../cluster.ts";
import { type HttpLoad, putScript, runWrk, type Throughput } from "../load.ts";
import { residentBytes } from "../machine.ts";
import type { Peer, Target } from "../peers.ts";
import { writeKeys } from "../registry.ts";

const KEYS = 1_000;
const VALUE_BYTES = 100;
const AFTER_LOAD_MS = 3_000;
const DEATHS = 3;

interface LoadMeasure extends Measure {
  readonly load: HttpLoad;
}

const put = (clients: number, ratio: number): LoadMeasure => ({
  id: `cluster-put-${clients}`,
  title: `three servers: KV PUT, ${clients} client${clients === 1 ? "" : "s"}`,
  unit: "/s",
  aim: atLeast(ratio),
  load: { path: "", connections: clients, script: putScript(KEYS, VALUE_BYTES) },
});

const LOADS: readonly LoadMeasure[] = [
  put(1, 1.5),
  put(32, 2.5),
  put(128, 3),
  {
    id: "cluster-get-64",
    title: "three servers: consistent GET, 64 clients",
    unit: "/s",
    aim: atLeast(1.5),
    load: { path: "/v1/kv/bench/key7?consistent", connections: 64 },
  },
];

const MEMORY: Measure = {
  id: "cluster-rss",
  title: "three servers: largest RSS after the load",
  unit: "MB",
  aim: atMost(0.5),
};

const FAILOVER: Measure = {
  id: "cluster-failover",
  title: "three servers: from kill -9 of the leader to the next accepted write",
  unit: "ms",
  aim: under(1_500),
};

type Runs = Record<Peer["name"], { figures: number[]; perCpu: number[]; others: number }>;

/**
 * The load goes to the leader; servers and load share the two cores. Every run starts the servers anew, one program
 * after the other.
 */
export const cluster: Group = {
  name: "cluster",
  measures: [...LOADS, MEMORY, FAILOVER],
  run: async (bench: Bench) => {
    const all = new Map<string, Runs>();
    const add = (measure: Measure, peer: Peer, figure: number, load?: Throughput) => {
      const empty = () => ({ figures: [], perCpu: [], others: 0 });
      const runs = all.get(measure.id) ?? { Consul: empty(), Muster: empty() };
      all.set(measure.id, runs);
      const own = runs[peer.name];
      own.figures.push(figure);
      if (load !== undefined) own.perCpu.push(load.perCpuSecond);
      own.others = Math.max(own.others, load?.others ?? 0);
      bench.say(`  ${measure.title}: ${peer.name} ${Math.round(figure)} ${measure.unit}`);
    };
    for (let run = 0; run < bench.runs; run++) {
      for (const peer of bench.peers) {
        await withThree(peer, bench.root, async (three, target) => {
          await loadAll(bench, target, (measure, figure, load) => add(measure, peer, figure, load));
          for (let death = 0; bench.wants(FAILOVER.id) && death < DEATHS; death++)
            add(FAILOVER, peer, await failoverMs(three, peer));
        });
      }
    }
    return cluster.measures
      .filter(({ id }) => bench.wants(id))
      .map((measure) => resultOf(measure, all.get(measure.id)));
  },
};

async function loadAll(
  bench: Bench,
  target: Target,
  add: (measure: Measure, figure: number, load?: Throughput) => void,
): Promise<void> {
  const wanted = LOADS.filter(({ id }) => bench.wants(id) || bench.wants(MEMORY.id));
  if (wanted.length === 0) return;
  await writeKeys(target, KEYS, VALUE_BYTES);
  for (const { load, ...measure } of wanted) {
    await runWrk(target, load, bench.warmUpSeconds);
    const result = await runWrk(target, load, bench.seconds);
    if (bench.wants(measure.id)) add(measure, result.perSecond, result);
  }
  if (!bench.wants(MEMORY.id)) return;
  await Bun.sleep(AFTER_LOAD_MS);
  if (target.pids.length !== SERVERS) throw new Error(`${target.pids.length} of ${SERVERS} servers run`);
  add(MEMORY, Math.max(...target.pids.map(residentBytes)) / 1e6);
}

function resultOf(measure: Measure, runs: Runs | undefined): Result {
  const { Consul: theirs, Muster: ours } = runs ?? {};
  const [theirCpu, ourCpu] = [median(theirs?.perCpu ?? []), median(ours?.perCpu ?? [])];
  return {
    ...measure,
    consul: theirs?.figures ?? [],
    muster: ours?.figures ?? [],
    ...(measure.unit === "/s" ? { others: Math.max(theirs?.others ?? 0, ours?.others ?? 0) } : {}),
    ...(theirCpu === undefined || ourCpu === undefined ? {} : { cpuRatio: ourCpu / theirCpu }),
  };
}
