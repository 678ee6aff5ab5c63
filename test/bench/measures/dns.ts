import { createSocket } from "node:dgram";
import { decode, encode } from "dns-packet";
import { atLeast, type Bench, type Group, type Measure, type Result, takeTurns } from "../bench.ts";
import { type DnsLoad, runDnsperf } from "../load.ts";
import { type Running, withServers } from "../peers.ts";
import { createQueries, registerServices } from "../registry.ts";

const ANSWER_MS_MAX = 3_000;
const EDNS_BYTES = 4096;

interface DnsMeasure extends Measure {
  readonly load: DnsLoad;
}

function measure(id: string, title: string, ratio: number, load: DnsLoad): DnsMeasure {
  return { id, title, unit: "/s", aim: atLeast(ratio), load };
}

const MEASURES = [
  measure("dns-a-10", "DNS A, 10 instances", 7, { name: "ten.service.consul", type: "A", edns: false }),
  measure("dns-srv-10", "DNS SRV, 10 instances", 15, { name: "ten.service.consul", type: "SRV", edns: false }),
  measure("dns-a-100", "DNS A, 100 instances, EDNS 4096", 30, {
    name: "hundred.service.consul",
    type: "A",
    edns: true,
  }),
  measure("dns-query-10", "DNS A of a prepared query, 10 instances", 1, {
    name: "ten.query.consul",
    type: "A",
    edns: false,
  }),
];

/** How many records the server answers. Throws when it does not answer. */
async function answers(server: Running, { name, type, edns }: DnsLoad): Promise<number> {
  const socket = createSocket("udp4");
  const query = encode({
    type: "query",
    id: 1,
    questions: [{ type, name }],
    ...(edns
      ? {
          additionals: [
            {
              type: "OPT" as const,
              name: "." as const,
              udpPayloadSize: EDNS_BYTES,
              extendedRcode: 0,
              ednsVersion: 0,
              flags: 0,
              flag_do: false,
              options: [],
            },
          ],
        }
      : {}),
  });
  try {
    const answer = await new Promise<Buffer>((done, fail) => {
      const late = setTimeout(
        () => fail(new Error(`${server.peer.name} does not answer ${name} ${type}`)),
        ANSWER_MS_MAX,
      );
      socket.once("message", (message) => {
        clearTimeout(late);
        done(message);
      });
      socket.send(query, server.dnsPort, "127.0.0.1");
    });
    return decode(answer).answers?.length ?? 0;
  } finally {
    socket.close();
  }
}

/** Both must give as many records, or the comparison says nothing. */
async function verify(servers: readonly Running[], load: DnsLoad): Promise<void> {
  const counts: number[] = [];
  for (const server of servers) counts.push(await answers(server, load));
  if (new Set(counts).size > 1 || counts.includes(0)) {
    throw new Error(`${load.name} ${load.type}: ${counts.join(" and ")} records`);
  }
}

/** Answers over UDP. */
export const dns: Group = {
  name: "dns",
  measures: MEASURES,
  run: (bench: Bench) =>
    withServers(bench.peers, bench.root, async (servers) => {
      for (const server of servers) {
        await registerServices(server);
        await createQueries(server);
      }
      const results: Result[] = [];
      for (const { load, ...rest } of MEASURES.filter(({ id }) => bench.wants(id))) {
        await verify(servers, load);
        const figures = await takeTurns(bench, servers, rest.title, (server, seconds) =>
          runDnsperf(server, load, seconds),
        );
        results.push({ ...rest, ...figures });
      }
      return results;
    }),
};
