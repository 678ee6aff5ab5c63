import { atLeast, type Bench, type Group, type Measure, type Result, takeTurns } from "../bench.ts";
import { runWrk } from "../load.ts";
import { type Running, withServers } from "../peers.ts";
import { createQueries, registerServices, SERVICES } from "../registry.ts";

const CLIENTS = 64;
const NAME = "ten";

const MEASURE: Measure = {
  id: "query-10",
  title: `GET query/execute, ${SERVICES[NAME]} instances`,
  unit: "/s",
  aim: atLeast(1),
};

/** Both must give the same number of instances, or the comparison says nothing. */
async function verify(server: Running, path: string): Promise<void> {
  const { Nodes } = (await (await fetch(server.url + path)).json()) as { Nodes: unknown[] };
  if (Nodes.length !== SERVICES[NAME]) throw new Error(`${server.peer.name}: ${Nodes.length} instances of ${NAME}`);
}

/** Executing a prepared query: its order is another one each time, so no answer is kept. */
export const query: Group = {
  name: "query",
  measures: [MEASURE],
  run: (bench: Bench) =>
    withServers(bench.peers, bench.root, async (servers) => {
      const path = `/v1/query/${NAME}/execute`;
      for (const server of servers) {
        await registerServices(server);
        await createQueries(server);
        await verify(server, path);
      }
      const load = { path, connections: CLIENTS };
      const figures = await takeTurns(bench, servers, MEASURE.title, (server, seconds) =>
        runWrk(server, load, seconds),
      );
      const results: Result[] = [{ ...MEASURE, ...figures }];
      return results;
    }),
};
