import { rmSync } from "node:fs";
import { type Bench, eachPeer, type Group, type Measure, type Result, under } from "../bench.ts";
import { start } from "../peers.ts";
import { writeKeys } from "../registry.ts";

const KEYS = 10_000;
const VALUE_BYTES = 100;

const FRESH: Measure = {
  id: "start-fresh",
  title: "start to leader, empty data directory",
  unit: "ms",
  aim: under(100),
};
const AGAIN: Measure = { id: "start-again", title: "restart to leader, 10,000 keys", unit: "ms", aim: under(100) };

/** From the start of the process to the first answer that names a leader. */
export const startUp: Group = {
  name: "start",
  measures: [FRESH, AGAIN],
  run: async (bench: Bench) => {
    const results: Result[] = [];
    if (bench.wants(FRESH.id)) {
      const figures = await eachPeer(bench, bench.runs, async (peer) => {
        const server = await start(peer, bench.root);
        await server.stop();
        rmSync(server.dir, { recursive: true, force: true });
        bench.say(`  ${FRESH.title}: ${peer.name} ${server.startMs.toFixed(0)} ms`);
        return server.startMs;
      });
      results.push({ ...FRESH, ...figures });
    }
    if (bench.wants(AGAIN.id)) {
      const figures = await eachPeer(bench, bench.runs, async (peer) => {
        const first = await start(peer, bench.root);
        await writeKeys(first, KEYS, VALUE_BYTES);
        await first.stop();
        const second = await start(peer, bench.root, first.dir);
        await second.stop();
        rmSync(first.dir, { recursive: true, force: true });
        bench.say(`  ${AGAIN.title}: ${peer.name} ${second.startMs.toFixed(0)} ms`);
        return second.startMs;
      });
      results.push({ ...AGAIN, ...figures });
    }
    return results;
  },
};
