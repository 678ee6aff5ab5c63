import { alone, atMost, type Bench, type Group, type Measure, type Result } from "../bench.ts";
import { putScript, runWrk } from "../load.ts";
import { writtenBytes } from "../machine.ts";
import { type Running, withServers } from "../peers.ts";

const KEYS = 1_000;
const VALUE_BYTES = 100;
/** Longer than any of the servers puts a write off that it has already acknowledged. */
const SETTLE_MS = 3_000;

interface DiskMeasure extends Measure {
  readonly clients: number;
}

const measure = (clients: number): DiskMeasure => ({
  id: `disk-${clients}`,
  title: `written to disk per 100-byte PUT, ${clients} client${clients === 1 ? "" : "s"}`,
  unit: "bytes",
  aim: atMost(0.5),
  clients,
});

const MEASURES = [measure(1), measure(32)];

async function bytesPerWrite(server: Running, clients: number, seconds: number): Promise<number> {
  await Bun.sleep(SETTLE_MS);
  const before = writtenBytes(server.pid);
  const script = putScript(KEYS, VALUE_BYTES);
  const { requests } = await runWrk(server, { path: "", connections: clients, script }, seconds);
  await Bun.sleep(SETTLE_MS);
  return (writtenBytes(server.pid) - before) / requests;
}

/** How hard the writes are on an SD card. */
export const disk: Group = {
  name: "disk",
  measures: MEASURES,
  run: (bench: Bench) =>
    withServers(bench.peers, bench.root, async (servers) => {
      const results: Result[] = [];
      for (const { clients, ...rest } of MEASURES.filter(({ id }) => bench.wants(id))) {
        const figures: Record<string, number[]> = { Consul: [], Muster: [] };
        for (let run = 0; run < bench.runs; run++) {
          for (const server of servers) {
            const bytes = await alone(servers, server, () => bytesPerWrite(server, clients, bench.seconds));
            figures[server.peer.name]?.push(bytes);
            bench.say(`  ${rest.title}: ${server.peer.name} ${Math.round(bytes)}`);
          }
        }
        results.push({ ...rest, consul: figures.Consul ?? [], muster: figures.Muster ?? [] });
      }
      return results;
    }),
};
