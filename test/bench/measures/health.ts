import { atLeast, type Bench, type Group, type Measure, type Result, takeTurns } from "../bench.ts";
import { runWrk } from "../load.ts";
import { type Running, withServers } from "../peers.ts";
import { registerServices, SERVICES } from "../registry.ts";

const CLIENTS = 64;

interface HealthMeasure extends Measure {
  readonly service: keyof typeof SERVICES;
}

const measure = (service: keyof typeof SERVICES, ratio: number): HealthMeasure => ({
  id: `health-${SERVICES[service]}`,
  title: `GET health/service, ${SERVICES[service]} instances`,
  unit: "/s",
  aim: atLeast(ratio),
  service,
});

const MEASURES = [measure("ten", 12), measure("hundred", 15)];

/** Both must give the same number of entries, or the comparison says nothing. */
async function verify(server: Running, service: keyof typeof SERVICES): Promise<void> {
  const entries: unknown = await (await fetch(`${server.url}/v1/health/service/${service}`)).json();
  const count = Array.isArray(entries) ? entries.length : 0;
  if (count !== SERVICES[service]) throw new Error(`${server.peer.name}: ${count} entries of ${service}`);
}

/** The read that every client of the registry makes. */
export const health: Group = {
  name: "health",
  measures: MEASURES,
  run: (bench: Bench) =>
    withServers(bench.peers, bench.root, async (servers) => {
      for (const server of servers) await registerServices(server);
      const results: Result[] = [];
      for (const { service, ...rest } of MEASURES.filter(({ id }) => bench.wants(id))) {
        for (const server of servers) await verify(server, service);
        const load = { path: `/v1/health/service/${service}`, connections: CLIENTS };
        const figures = await takeTurns(bench, servers, rest.title, (server, seconds) => runWrk(server, load, seconds));
        results.push({ ...rest, ...figures });
      }
      return results;
    }),
};
