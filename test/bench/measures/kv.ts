import { atLeast, type Bench, type Group, type Measure, type Result, takeTurns } from "../bench.ts";
import { getScript, type HttpLoad, putScript, runWrk } from "../load.ts";
import { withServers } from "../peers.ts";
import { writeKeys } from "../registry.ts";

const KEYS = 1_000;
const VALUE_BYTES = 100;

interface KvMeasure extends Measure {
  readonly load: HttpLoad;
}

function put(clients: number, ratio: number): KvMeasure {
  return {
    id: `kv-put-${clients}`,
    title: `durable KV PUT, ${clients} client${clients === 1 ? "" : "s"}`,
    unit: "/s",
    aim: atLeast(ratio),
    load: { path: "", connections: clients, script: putScript(KEYS, VALUE_BYTES) },
  };
}

const MEASURES: readonly KvMeasure[] = [
  put(1, 1.2),
  put(32, 10),
  put(128, 15),
  {
    id: "kv-get-64",
    title: "KV GET, 64 clients",
    unit: "/s",
    aim: atLeast(2.1),
    load: { path: "", connections: 64, script: getScript(KEYS) },
  },
];

/** Writes and reads of single keys; a write is answered when it is on the disk. */
export const kv: Group = {
  name: "kv",
  measures: MEASURES,
  run: (bench: Bench) =>
    withServers(bench.peers, bench.root, async (servers) => {
      for (const server of servers) await writeKeys(server, KEYS, VALUE_BYTES);
      const results: Result[] = [];
      for (const { load, ...measure } of MEASURES.filter(({ id }) => bench.wants(id))) {
        const figures = await takeTurns(bench, servers, measure.title, (server, seconds) =>
          runWrk(server, load, seconds),
        );
        results.push({ ...measure, ...figures });
      }
      return results;
    }),
};
