import { join } from "node:path";
import { alone, type Bench, type Group, type Measure, type Result, under } from "../bench.ts";
import { runTool } from "../load.ts";
import { residentBytes } from "../machine.ts";
import { type Running, withServers } from "../peers.ts";

const WAITERS = 10_000;
const SECONDS_MAX = 60;

const LAST: Measure = {
  id: "waiters-last",
  title: "10,000 waiting queries: from the write to the last answer",
  unit: "ms",
  aim: under(300),
};
const MEMORY: Measure = { id: "waiters-memory", title: "RSS after 10,000 waiting queries", unit: "MB" };

/** Milliseconds from sending the write to the last answer to a waiting query. */
async function lastAnswerMs(server: Running): Promise<number> {
  const client = join(import.meta.dir, "../waiters-client.ts");
  const shell = ["sh", "-c", 'ulimit -n $(ulimit -Hn); exec "$@"', "sh"];
  const command = [...shell, process.execPath, client, `${server.httpPort}`, `${WAITERS}`];
  const { output } = await runTool(server, command, SECONDS_MAX);
  const match = /^RESULT ([\d.]+)$/m.exec(output);
  if (match === null) throw new Error(`${server.peer.name}: ${output}`);
  return Number(match[1]);
}

/** Many clients wait for one key, and it changes. */
export const waiters: Group = {
  name: "waiters",
  measures: [LAST, MEMORY],
  run: (bench: Bench) =>
    withServers(bench.peers, bench.root, async (servers) => {
      const last: Record<string, number[]> = { Consul: [], Muster: [] };
      const memory: Record<string, number[]> = { Consul: [], Muster: [] };
      for (let run = 0; run < bench.runs; run++) {
        for (const server of servers) {
          const ms = await alone(servers, server, () => lastAnswerMs(server));
          bench.say(`  ${LAST.title}: ${server.peer.name} ${ms.toFixed(0)} ms`);
          last[server.peer.name]?.push(ms);
          memory[server.peer.name]?.push(residentBytes(server.pid) / 1e6);
        }
      }
      const results: Result[] = [
        { ...LAST, consul: last.Consul ?? [], muster: last.Muster ?? [] },
        { ...MEMORY, consul: memory.Consul ?? [], muster: memory.Muster ?? [] },
      ];
      return results;
    }),
};
