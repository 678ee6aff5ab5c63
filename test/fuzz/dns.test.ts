import { expect, test } from "bun:test";
import { createSocket } from "node:dgram";
import { connect } from "node:net";
import dnsPacket from "dns-packet";
import { addressesOf } from "../e2e/harness/ask.ts";
import { until } from "../support/e2e/agent.ts";
import { dice, runs, SEED, target } from "./harness/target.ts";

const under = target();
const NAMES = [
  "web.service.consul",
  "consul.service.consul",
  "other.node.consul",
  "_web._tcp.service.consul",
  "9.0.0.127.in-addr.arpa",
  "7f000001.addr.consul",
  "consul",
  ".",
  "x.query.consul",
];
const TYPES = ["A", "AAAA", "SRV", "ANY", "PTR", "SOA", "NS", "TXT", "CNAME", "AXFR", "OPT"] as const;

function valid(at: number): Buffer {
  const name = NAMES[at % NAMES.length] ?? "";
  const type = TYPES[at % TYPES.length] ?? "A";
  const additionals = at % 2 === 0 ? [{ type: "OPT", name: ".", udpPayloadSize: 1232, flags: 0, options: [] }] : [];
  return dnsPacket.encode({
    type: "query",
    id: at,
    questions: [{ type, name }],
    additionals,
  } as unknown as dnsPacket.Packet);
}

const isWell = async () => {
  expect(await addressesOf(under.agent.dnsPort, "other.node.consul")).toEqual(["127.0.0.9"]);
  await under.isWell();
};

test(`mutated queries over UDP: every answer is a packet, and the server goes on (FUZZ_SEED=${SEED})`, async () => {
  const random = dice(20);
  const socket = createSocket("udp4");
  const answers: Buffer[] = [];
  socket.on("message", (bytes) => answers.push(bytes));
  const BURST = 50;
  for (let round = runs(60); round > 0; round--) {
    for (let at = 0; at < BURST; at++) {
      const bytes = random.chance(0.1) ? random.bytes(600) : random.mutate(valid(random.below(200)));
      socket.send(bytes, under.agent.dnsPort, "127.0.0.1");
    }
    // An answer to a query that is whole: what was sent before it has been read.
    await isWell();
  }
  socket.close();
  expect(answers.length).toBeGreaterThan(0);
  for (const bytes of answers) expect(() => dnsPacket.decode(bytes)).not.toThrow();
});

test(`mutated frames over TCP, whole, cut and in pieces: the connection ends or is answered (FUZZ_SEED=${SEED})`, async () => {
  const random = dice(21);
  for (let round = runs(200); round > 0; round--) {
    const query = random.chance(0.5) ? valid(random.below(200)) : random.mutate(valid(random.below(200)));
    const frame = Buffer.concat([Buffer.from([query.length >> 8, query.length & 255]), query]);
    const bytes = random.chance(0.4) ? random.mutate(frame) : Buffer.concat([frame, frame, frame]);
    let isClosed = false;
    const socket = connect({ port: under.agent.dnsPort, host: "127.0.0.1", allowHalfOpen: true });
    socket.on("error", () => undefined);
    socket.on("close", () => {
      isClosed = true;
    });
    socket.resume();
    const cut = random.below(bytes.length + 1);
    socket.write(bytes.subarray(0, cut));
    socket.end(bytes.subarray(cut));
    await until(async () => isClosed, `the end of a connection that sent ${bytes.toString("hex")}`);
  }
  await isWell();
});
