/** Turns a DNS message into a form that is equal for equal answers, and makes queries; shared by recorder and tests. */
import { type Answer, decode, encode, type OptAnswer, type Packet } from "dns-packet";
import type { DnsCase } from "./cases.ts";

export interface Observed {
  readonly rcode: string;
  readonly flags: string;
  readonly answers: readonly string[];
  readonly authorities: readonly string[];
  readonly additionals: readonly string[];
  readonly edns?: string;
}

const PLACEHOLDER_TYPE = "NULL";

/** Query bytes of a case; types without a name are patched in. */
export function queryOf(one: DnsCase, id = 0x1234): Buffer {
  const type = typeof one.type === "number" ? PLACEHOLDER_TYPE : one.type;
  const [ip, prefix] = (one.subnet ?? "").split("/");
  const additionals: OptAnswer[] = [];
  if (one.ednsBytes !== undefined) {
    additionals.push({
      type: "OPT",
      name: ".",
      udpPayloadSize: one.ednsBytes,
      extendedRcode: 0,
      ednsVersion: 0,
      flags: 0,
      flag_do: false,
      options: ip
        ? [
            {
              code: 8,
              type: "CLIENT_SUBNET",
              family: ip.includes(":") ? 2 : 1,
              ip,
              sourcePrefixLength: Number(prefix),
              scopePrefixLength: 0,
            },
          ]
        : [],
    } as unknown as OptAnswer);
  }
  return encode({ type: "query", id, flags: 0x100, questions: [{ type, name: one.name } as never], additionals });
}

/** `part` leaves the counts of a random selection, and the records themselves out. */
export function observe(bytes: Uint8Array, part = false): Observed {
  const packet = decode(Buffer.from(bytes));
  const opt = (packet.additionals ?? []).find((record) => record.type === "OPT") as OptAnswer | undefined;
  const section = (records: Answer[] | undefined) => {
    const texts = (records ?? []).filter((record) => record.type !== "OPT").map(present);
    return part ? [`${texts.length} records`] : texts.sort();
  };
  return {
    rcode: (packet as unknown as { rcode: string }).rcode,
    flags: flagText(packet),
    answers: section(packet.answers),
    authorities: section(packet.authorities),
    additionals: section(packet.additionals),
    ...(opt && { edns: ednsText(opt) }),
  };
}

function flagText(packet: Packet): string {
  const { flags = 0 } = packet;
  const names: [number, string][] = [
    [0x400, "aa"],
    [0x200, "tc"],
    [0x100, "rd"],
    [0x80, "ra"],
    [0x10, "cd"],
  ];
  return names
    .filter(([bit]) => (flags & bit) !== 0)
    .map(([, name]) => name)
    .join(" ");
}

function ednsText(opt: OptAnswer): string {
  const subnets = opt.options.map((option) => {
    const o = option as unknown as { type: string; ip: string; sourcePrefixLength: number; scopePrefixLength: number };
    return ` ${o.type} ${o.ip}/${o.sourcePrefixLength}/${o.scopePrefixLength}`;
  });
  return `${opt.udpPayloadSize}${subnets.join("")}`;
}

function present(record: Answer): string {
  if (record.type === "OPT") return "";
  const ttl = "ttl" in record ? record.ttl : 0;
  const data = "data" in record ? (record.data as unknown) : "";
  const text =
    record.type === "SOA"
      ? JSON.stringify({ ...(data as object), serial: 0 })
      : record.type === "TXT"
        ? JSON.stringify([data].flat().map((part) => Buffer.from(part as Uint8Array).toString()))
        : JSON.stringify(data);
  return `${record.name} ${ttl} ${record.type} ${text}`;
}
