import type { DnsQuery } from "../codec/dns/query.ts";
import { HEADER_BYTES } from "../codec/dns/types.ts";

/** A longest name, type, class and an OPT without options; longer packets are computed each time. */
const KEY_PACKET_BYTES_MAX = HEADER_BYTES + 255 + 4 + 11;
const COUNTS_WITH_OPT = "\0\x01\0\0\0\0\0\x01";
const OPT_OWNER_AND_TYPE = "\0\0\x29";
const OPT_REST = "\0\0\0\0\0\0";

/**
 * Key of a query in the wire cache: everything but the id, so flags, case of the name and EDNS size are part of it.
 * `undefined` for a packet that is too long to be worth it.
 */
export function packetKey(bytes: Buffer): string | undefined {
  return bytes.length > KEY_PACKET_BYTES_MAX ? undefined : bytes.toString("latin1", 2, bytes.length);
}

/**
 * The key of a query with EDNS options: that of the same query without them, because only a client subnet changes the
 * answer. Resolvers that send a cookie each time would otherwise never hit. `undefined` when there is a subnet.
 */
export function optionlessKey(bytes: Buffer, query: DnsQuery): string | undefined {
  if (query.edns === undefined || query.edns.subnet !== undefined) return undefined;
  const size = String.fromCharCode(query.edns.sizeBytes >> 8, query.edns.sizeBytes & 0xff);
  const flags = bytes.toString("latin1", 2, 4);
  const question = bytes.toString("latin1", HEADER_BYTES, HEADER_BYTES + query.question.length);
  return flags + COUNTS_WITH_OPT + question + OPT_OWNER_AND_TYPE + size + OPT_REST;
}
