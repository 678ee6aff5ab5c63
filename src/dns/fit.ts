import { type MessageEncoder, TOO_LARGE } from "../codec/dns/encode.ts";
import {
  type DnsMessage,
  type DnsRecord,
  FLAG,
  MESSAGE_BYTES_MAX,
  TYPE,
  UDP_PLAIN_BYTES_MAX,
} from "../codec/dns/types.ts";
import type { DnsConfig } from "./config.ts";

export type Transport = "udp" | "tcp";

/** Consul never gives a plain UDP client more answers than this, whatever `udp_answer_limit` says. */
const PLAIN_ANSWERS_MAX = 8;
/** What one UDP datagram can carry over IPv4; a client may advertise more. */
const DATAGRAM_BYTES_MAX = 65_507;
/** Consul keeps a header's length free on TCP. */
const TCP_BYTES_MAX = MESSAGE_BYTES_MAX - 12;
/** Consul's first cuts on TCP, before it looks at bytes. */
const TCP_ANSWERS_MAX = 4096;
const TCP_SRV_ANSWERS_MAX = 1024;

/** Bytes that a client takes: 512 over UDP unless EDNS says more. */
export function responseBytesMax(transport: Transport, ednsSizeBytes: number | undefined): number {
  if (transport === "tcp") return TCP_BYTES_MAX;
  return Math.min(Math.max(ednsSizeBytes ?? 0, UDP_PLAIN_BYTES_MAX), DATAGRAM_BYTES_MAX);
}

/**
 * Encodes `message` so that the client can take it, dropping answers as Consul does: first by count (only when `counted`)
 * for clients without EDNS, then by bytes; an additional record goes when its answer goes, and of a cut answer's metadata nothing stays.
 *
 * TC: Consul cuts silently unless `enable_truncate` is set, and so does this. It differs in one case: Consul sends a
 * single answer that does not fit as it is, and resolvers drop such a datagram; here the answer is then empty, and TC
 * is set whatever the key says, because an empty answer without it would mean that there are no records.
 */
export function fitMessage(
  message: DnsMessage,
  counted: boolean,
  transport: Transport,
  config: DnsConfig,
  encoder: MessageEncoder,
): Uint8Array {
  const bytesMax = responseBytesMax(transport, message.edns?.sizeBytes);
  const compress = !config.disableCompression;
  const limit = answersMax(message, counted, transport, bytesMax, config);
  if (message.answers.length <= limit && encoder.encode(message, { compress }) <= bytesMax) return encoder.copy();
  const targets = firstByOwner(message.additionals);
  // Answers cut by count are measured without compression: old clients may unpack them into 512 bytes.
  const measure = { compress: compress && !(transport === "udp" && message.answers.length > limit) };
  const cut = (count: number) => ({
    ...message,
    answers: message.answers.slice(0, count),
    additionals: additionalsOf(message.answers.slice(0, count), targets),
  });
  const fits = (candidate: DnsMessage) => encoder.encode(candidate, measure) <= bytesMax;
  let count = largest(Math.min(limit, message.answers.length), (n) => fits(cut(n)));
  let kept: DnsMessage = cut(count);
  if (count === 0 && message.answers.length > 0) {
    const alone = { ...cut(1), additionals: [] };
    if (encoder.encode(alone, { compress }) <= bytesMax) {
      count = 1;
      kept = alone;
    }
  }
  const lost = count < message.answers.length;
  const truncated = lost && transport === "udp" && (config.enableTruncate || count === 0);
  if (truncated) kept = { ...kept, flags: kept.flags | FLAG.TC };
  if (encoder.encode(kept, { compress }) <= bytesMax) return encoder.copy();
  const bare = { ...kept, answers: [], authorities: [], additionals: [], flags: kept.flags | FLAG.TC };
  if (encoder.encode(bare, { compress }) === TOO_LARGE) throw new Error("a question alone does not fit");
  return encoder.copy();
}

function answersMax(
  message: DnsMessage,
  counted: boolean,
  transport: Transport,
  bytesMax: number,
  config: DnsConfig,
): number {
  if (transport === "tcp") return message.answers[0]?.type === TYPE.SRV ? TCP_SRV_ANSWERS_MAX : TCP_ANSWERS_MAX;
  if (!counted || bytesMax > UDP_PLAIN_BYTES_MAX) return Number.POSITIVE_INFINITY;
  return Math.max(1, Math.min(PLAIN_ANSWERS_MAX, config.udpAnswerLimit));
}

/** Largest n in 0..max for which `fits(n)`; `fits` must not become true again once it is false. */
function largest(max: number, fits: (n: number) => boolean): number {
  let low = 0;
  let high = max;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (fits(middle)) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** The first record of each owner, which for a target is its address: metadata comes after it. */
function firstByOwner(records: readonly DnsRecord[]): Map<string, DnsRecord> {
  const first = new Map<string, DnsRecord>();
  for (const record of records) {
    const owner = record.name.toLowerCase();
    if (!first.has(owner)) first.set(owner, record);
  }
  return first;
}

/** For each target of `answers` once: its record, and through CNAMEs the ones behind it. */
function additionalsOf(answers: readonly DnsRecord[], targets: ReadonlyMap<string, DnsRecord>): DnsRecord[] {
  const kept = new Set<DnsRecord>();
  for (const answer of answers) {
    if (answer.type !== TYPE.SRV) continue;
    let record = targets.get(answer.target.toLowerCase());
    while (record !== undefined && !kept.has(record)) {
      kept.add(record);
      record = record.type === TYPE.CNAME ? targets.get(record.target.toLowerCase()) : undefined;
    }
  }
  return [...kept];
}
