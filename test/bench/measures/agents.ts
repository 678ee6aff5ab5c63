import { readFileSync } from "node:fs";
import { type Agents, type BenchAgent, deathSeenMs, withAgents } from "../agents.ts";
import { atMost, type Bench, type Group, type Measure, median, type Result } from "../bench.ts";
import { cpuNs, residentBytes } from "../machine.ts";
import type { Peer } from "../peers.ts";

const CLIENTS = 100;
const CLIENTS_QUICK = 20;
/** Until joins, coordinates and the first comparisons with the catalog are over. */
const SETTLE_MS = 20_000;
const IDLE_MS = 30_000;
const DEATHS = 3;

const FORMED: Measure = {
  id: "agents-formed",
  title: "100 client agents: from the first start to all known",
  unit: "ms",
};
const RSS: Measure = { id: "agents-rss", title: "100 client agents: RSS of an idle one", unit: "MB", aim: atMost(0.6) };
const PSS: Measure = { id: "agents-pss", title: "100 client agents: PSS of an idle one", unit: "MB" };
const CPU: Measure = {
  id: "agents-cpu",
  title: "100 client agents: processor of an idle one",
  unit: "% core",
  aim: atMost(1),
};
const PACKETS: Measure = { id: "agents-packets", title: "100 client agents: packets sent by each", unit: "/s" };
const DEATH: Measure = {
  id: "agents-death",
  title: "100 client agents: from kill -9 of one to failed",
  unit: "ms",
  aim: atMost(1),
};
const MEASURES = [FORMED, RSS, PSS, CPU, PACKETS, DEATH];

/** A pool of one server and many client agents, each a process, on both cores; one program after the other. */
export const agents: Group = {
  name: "agents",
  measures: MEASURES,
  run: async (bench: Bench) => {
    const figures = new Map<string, Record<Peer["name"], number[]>>();
    for (const peer of bench.peers) {
      const count = bench.runs === 1 ? CLIENTS_QUICK : CLIENTS;
      await withAgents(peer, bench.root, count, async (pool) => {
        for (const [{ id, title, unit }, values] of await look(pool)) {
          const own = figures.get(id) ?? { Consul: [], Muster: [] };
          figures.set(id, own);
          own[peer.name].push(...values);
          bench.say(`  ${title}: ${peer.name} ${median(values)?.toFixed(2)} ${unit}`);
        }
      });
    }
    return MEASURES.filter(({ id }) => bench.wants(id)).map((measure): Result => {
      const { Consul = [], Muster = [] } = figures.get(measure.id) ?? {};
      return { ...measure, consul: Consul, muster: Muster };
    });
  },
};

async function look({ server, clients, formedMs }: Agents): Promise<[Measure, number[]][]> {
  await Bun.sleep(SETTLE_MS);
  const pids = clients.map(({ child }) => child.pid);
  const before = { cpuNs: pids.map(cpuNs), packets: packetsSent(), ns: Bun.nanoseconds() };
  await Bun.sleep(IDLE_MS);
  const passedNs = Bun.nanoseconds() - before.ns;
  const cpu = pids.map((pid, at) => ((cpuNs(pid) - (before.cpuNs[at] ?? 0)) / passedNs) * 100);
  const packets = (packetsSent() - before.packets) / (clients.length + 1) / (passedNs / 1e9);
  const rss = pids.map((pid) => residentBytes(pid) / 1e6);
  const pss = pids.map((pid) => proportionalBytes(pid) / 1e6);
  const deaths: number[] = [];
  for (const client of clients.slice(0, DEATHS) as BenchAgent[]) deaths.push(await deathSeenMs(server, client));
  return [
    [FORMED, [formedMs]],
    [RSS, [middle(rss)]],
    [PSS, [middle(pss)]],
    [CPU, [middle(cpu)]],
    [PACKETS, [packets]],
    [DEATH, deaths],
  ];
}

const middle = (values: readonly number[]) => median(values) ?? Number.NaN;

/** Of the whole machine: run it when nothing else uses UDP. */
function packetsSent(): number {
  const [, values = ""] = readFileSync("/proc/net/snmp", "utf8")
    .split("\n")
    .filter((line) => line.startsWith("Udp:"));
  // Udp: InDatagrams NoPorts InErrors OutDatagrams ...
  return Number(values.split(" ")[4]);
}

/** Pages that several processes share count in part: what one more agent really takes. */
function proportionalBytes(pid: number): number {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
  return Number(/^Pss:\s+(\d+) kB/m.exec(text)?.[1]) * 1024;
}
