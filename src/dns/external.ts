import { decode } from "dns-packet";
import { nameLabels } from "../codec/dns/name.ts";
import { CLASS_IN, type DnsRecord, HEADER_BYTES, TYPE } from "../codec/dns/types.ts";
import { parseIp } from "./ip.ts";

const RD_BYTE = 1;

/** A recursive query for the A records of `name`, with id 0; `undefined` for a name that cannot be asked. */
export function addressQuery(name: string): Uint8Array | undefined {
  const labels = nameLabels(name);
  if (labels === undefined || labels.length === 0) return undefined;
  const bytes = [0, 0, RD_BYTE, 0, 0, 1, 0, 0, 0, 0, 0, 0];
  for (const label of labels) bytes.push(label.length, ...label);
  bytes.push(0, 0, TYPE.A, 0, CLASS_IN);
  return Uint8Array.from(bytes);
}

/** CNAME, A and AAAA records of a foreign server's answer, in its order; none when it is malformed. */
export function addressRecords(answer: Uint8Array): DnsRecord[] {
  if (answer.length < HEADER_BYTES) return [];
  let answers: ReturnType<typeof decode>["answers"];
  try {
    answers = decode(Buffer.from(answer)).answers;
  } catch {
    // Somebody else's broken message: as good as no answer.
    return [];
  }
  const records: DnsRecord[] = [];
  for (const record of answers ?? []) {
    if (record.type === "CNAME") {
      records.push({ name: record.name, ttlS: record.ttl ?? 0, type: TYPE.CNAME, target: record.data });
    } else if (record.type === "A" || record.type === "AAAA") {
      const address = parseIp(record.data);
      // The record's own kind counts: an IPv4 address in IPv6 form would else change sides.
      if (address === undefined || (address.length === 4) !== (record.type === "A")) continue;
      records.push({ name: record.name, ttlS: record.ttl ?? 0, type: TYPE[record.type], address });
    }
  }
  return records;
}
