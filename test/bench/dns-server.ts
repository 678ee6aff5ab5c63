/**
 * A DNS server over an in-memory registry, to be asked by a load generator:
 * `bun test/bench/dns-server.ts 15353`, then `dnsperf -p 15353 -d queries`. Services: `ten`, `hundred`.
 */
import { DNS_CONFIG_DEFAULTS } from "../../src/dns/config.ts";
import { startDns } from "../../src/dns/server.ts";
import { systemClock } from "../../src/platform/clock.ts";
import { systemRandom } from "../../src/platform/random.ts";
import { tcp } from "../../src/platform/tcp-server.ts";
import { udp } from "../../src/platform/udp.ts";
import type { Registration } from "../support/dns/catalog.ts";
import { FakeSource } from "../support/dns/fake-source.ts";
import { SERVER, silentLog, silentMeter } from "../support/dns/world.ts";

function service(name: string, count: number): Registration[] {
  return Array.from({ length: count }, (_, i) => ({
    Node: `${name}-${i}`,
    Address: `10.1.${count > 50 ? 1 : 0}.${i + 1}`,
    Service: { ID: `${name}${i}`, Service: name, Port: 8000 + i },
  }));
}

const server = await startDns({
  listen: [{ address: "127.0.0.1", port: Number(process.argv.at(-1)) }],
  nodeName: "n1",
  source: new FakeSource([SERVER, ...service("ten", 10), ...service("hundred", 100)]),
  config: DNS_CONFIG_DEFAULTS,
  clock: systemClock,
  random: systemRandom,
  log: silentLog,
  meter: silentMeter,
  udp,
  tcp,
});
process.stdout.write(`listening on ${server.addresses.map((at) => `${at.address}:${at.port}`).join(", ")}\n`);
