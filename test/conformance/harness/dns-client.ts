import { createSocket } from "node:dgram";
import { connect } from "node:net";
import { type Answer as DnsRecord, decode, encode, type Packet, type RecordType } from "dns-packet";
import type { DnsAnswer, DnsRequest } from "./types.ts";

const AA = 1 << 10;
const TC = 1 << 9;
const RD = 1 << 8;
const RA = 1 << 7;
const QUERY_ID = 0x4d75;
const RCODES = ["NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED"];

/** Asks one question and gives the answer as sorted presentation lines. Rejects when none comes in `timeoutMs`. */
export async function askDns(port: number, request: DnsRequest, timeoutMs: number): Promise<DnsAnswer> {
  const packet: Packet = {
    type: "query",
    id: QUERY_ID,
    flags: RD,
    questions: [{ type: request.type as RecordType, name: request.name }],
    additionals:
      request.ednsBytes === 0
        ? []
        : [
            {
              type: "OPT",
              name: ".",
              udpPayloadSize: request.ednsBytes,
              flags: 0,
              options: [],
              extendedRcode: 0,
              ednsVersion: 0,
              flag_do: false,
            },
          ],
  };
  const query = encode(packet);
  const bytes = request.tcp ? await overTcp(port, query, timeoutMs) : await overUdp(port, query, timeoutMs);
  return present(bytes);
}

function overUdp(port: number, query: Buffer, timeoutMs: number): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const socket = createSocket("udp4");
  const timer = setTimeout(() => reject(new Error("no answer in time")), timeoutMs);
  socket.on("message", resolve);
  socket.on("error", reject);
  socket.send(query, port, "127.0.0.1");
  return promise.finally(() => {
    clearTimeout(timer);
    socket.close();
  });
}

function overTcp(port: number, query: Buffer, timeoutMs: number): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const length = Buffer.alloc(2);
  length.writeUInt16BE(query.length);
  let received = Buffer.alloc(0);
  const socket = connect(port, "127.0.0.1", () => socket.write(Buffer.concat([length, query])));
  const timer = setTimeout(() => reject(new Error("no answer in time")), timeoutMs);
  socket.on("data", (chunk: Buffer) => {
    received = Buffer.concat([received, chunk]);
    if (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0)) resolve(received.subarray(2));
  });
  socket.on("end", () => reject(new Error("connection closed without answer")));
  socket.on("error", reject);
  return promise.finally(() => {
    clearTimeout(timer);
    socket.destroy();
  });
}

function present(bytes: Buffer): DnsAnswer {
  const packet = decode(bytes);
  const flags = packet.flags ?? 0;
  const names = [
    flags & AA ? "aa" : "",
    flags & TC ? "tc" : "",
    flags & RD ? "rd" : "",
    flags & RA ? "ra" : "",
    packet.id === QUERY_ID ? "" : "foreign-id",
  ];
  const opt = (packet.additionals ?? []).find((record) => record.type === "OPT");
  return {
    kind: "dns",
    rcode: RCODES[flags & 15] ?? `RCODE${flags & 15}`,
    flags: names.filter((name) => name !== "").join(" "),
    question: (packet.questions ?? []).map((question) => `${question.name}. ${question.type}`),
    answer: lines(packet.answers),
    authority: lines(packet.authorities),
    additional: lines((packet.additionals ?? []).filter((record) => record.type !== "OPT")),
    edns: opt?.type === "OPT" ? `udp ${opt.udpPayloadSize}` : "none",
  };
}

function lines(records: readonly DnsRecord[] | undefined): string[] {
  return (records ?? []).map(line).sort();
}

function line(record: DnsRecord): string {
  const ttl = "ttl" in record ? (record.ttl ?? 0) : 0;
  return `${record.name}. ${ttl} ${record.type} ${rdata(record)}`;
}

function rdata(record: DnsRecord): string {
  switch (record.type) {
    case "A":
    case "AAAA":
      return record.data;
    case "CNAME":
    case "NS":
    case "PTR":
      return `${record.data}.`;
    case "SRV":
      return `${record.data.priority} ${record.data.weight} ${record.data.port} ${record.data.target}.`;
    case "SOA": {
      // The serial is the second of asking.
      const { mname, rname, refresh, retry, expire, minimum } = record.data;
      return `${mname}. ${rname}. <time> ${refresh} ${retry} ${expire} ${minimum}`;
    }
    case "TXT":
      return [record.data]
        .flat()
        .map((part) => JSON.stringify(part.toString()))
        .join(" ");
    default:
      return JSON.stringify("data" in record ? record.data : null);
  }
}
