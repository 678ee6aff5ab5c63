import { atMost, type Bench, type Figures, type Group, type Measure, under } from "../bench.ts";
import { getScript, putScript, runDnsperf, runWrk } from "../load.ts";
import { cpuNs, residentBytes } from "../machine.ts";
import { type Peer, type Running, withServers } from "../peers.ts";
import { registerServices } from "../registry.ts";

const KEYS = 1_000;
const VALUE_BYTES = 100;
const AFTER_START_MS = 3_000;
const IDLE_MS = 10_000;
const AFTER_LOAD_MS = 3_000;

const IDLE: Measure = { id: "rss-idle", title: "RSS, 3 s after the start", unit: "MB", aim: atMost(0.9) };
const CPU: Measure = { id: "cpu-idle", title: "processor, idle for 10 s", unit: "% core", aim: under(0.5) };
const LOADED: Measure = {
  id: "rss-loaded",
  title: "RSS, 3 s after writes, reads and DNS",
  unit: "MB",
  aim: atMost(0.6),
};

/** Every kind of request for a while, so that caches, heap and page cache are as large as they get. */
async function loadAll(server: Running, seconds: number): Promise<void> {
  await registerServices(server);
  await runWrk(server, { path: "", connections: 32, script: putScript(KEYS, VALUE_BYTES) }, seconds);
  await runWrk(server, { path: "", connections: 64, script: getScript(KEYS) }, seconds);
  await runWrk(server, { path: "/v1/health/service/hundred", connections: 64 }, seconds);
  await runDnsperf(server, { name: "hundred.service.consul", type: "A", edns: true }, seconds);
}

/** Memory and processor of a server that does nothing, and memory after it did much. One server at a time. */
export const footprint: Group = {
  name: "footprint",
  measures: [IDLE, CPU, LOADED],
  run: async (bench: Bench) => {
    const figures: Record<Peer["name"], number[]> = { Consul: [], Muster: [] };
    for (const peer of bench.peers) {
      await withServers([peer], bench.root, async ([server]) => {
        if (server === undefined) return;
        await Bun.sleep(AFTER_START_MS);
        const idle = residentBytes(server.pid) / 1e6;
        const [before, startedNs] = [cpuNs(server.pid), Bun.nanoseconds()];
        await Bun.sleep(IDLE_MS);
        const cpu = ((cpuNs(server.pid) - before) / (Bun.nanoseconds() - startedNs)) * 100;
        await loadAll(server, bench.seconds);
        await Bun.sleep(AFTER_LOAD_MS);
        const loaded = residentBytes(server.pid) / 1e6;
        figures[peer.name] = [idle, cpu, loaded];
        bench.say(
          `  ${peer.name}: ${idle.toFixed(0)} MB idle, ${cpu.toFixed(2)} %, ${loaded.toFixed(0)} MB after load`,
        );
      });
    }
    const at = (index: number): Figures => ({
      consul: figures.Consul.slice(index, index + 1),
      muster: figures.Muster.slice(index, index + 1),
    });
    return [IDLE, CPU, LOADED].map((measure, index) => ({ ...measure, ...at(index) }));
  },
};
