/** What members and those who look for them say over multicast DNS (RFC 6762 and 6763). */
import { type Answer, AUTHORITATIVE_ANSWER, decode, encode, type Packet, type Question } from "dns-packet";
import type { Endpoint } from "../../gossip/messages.ts";

/** A service of this node. */
export interface Announcement {
  /** `_muster._tcp.local` */
  readonly service: string;
  /** The node's name, as it may be a label. */
  readonly instance: string;
  readonly port: number;
  readonly addresses: readonly string[];
  readonly text: readonly string[];
}

const TTL_S = 120;
/** For who asks with a plain DNS client and knows nothing of the group. */
const LEGACY_TTL_S = 10;
const LABEL_BYTES_MAX = 63;

/** A node's name as one label. */
export function labelOf(name: string): string {
  const plain = name.replace(/[^A-Za-z0-9-]/g, "-").slice(0, LABEL_BYTES_MAX);
  return plain === "" ? "node" : plain;
}

/** The packet, or undefined for bytes that are none. */
export function decodePacket(bytes: Uint8Array): Packet | undefined {
  try {
    return decode(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  } catch {
    return undefined;
  }
}

/** Asks for questions of the types PTR, SRV, A and AAAA. */
export function encodeQuestions(questions: readonly Question[]): Uint8Array {
  return encode({ type: "query", id: 0, questions: [...questions] });
}

const sameName = (a: string, b: string) => a.toLowerCase() === b.toLowerCase();

const instanceName = ({ instance, service }: Announcement) => `${instance}.${service}`;

/** True when a query asks for the service or for this node's instance of it. */
export function asksFor(packet: Packet, announcement: Announcement): boolean {
  return questionsFor(packet, announcement).length > 0;
}

function questionsFor({ questions = [] }: Packet, announcement: Announcement): Question[] {
  const own = instanceName(announcement);
  return questions.filter(
    ({ name, type }) =>
      (sameName(name, announcement.service) && ["PTR", "ANY"].includes(type)) ||
      (sameName(name, own) && ["SRV", "TXT", "A", "AAAA", "ANY"].includes(type)),
  );
}

/**
 * Tells of the service all at once. With `query`, it is for that one asker, as plain DNS: with its id and question, and soon
 * forgotten.
 */
export function encodeAnswer(announcement: Announcement, query?: Packet): Uint8Array {
  const { service, port, addresses, text } = announcement;
  const name = instanceName(announcement);
  const ttl = query === undefined ? TTL_S : LEGACY_TTL_S;
  // What only one node may have replaces what listeners kept; a plain client would not know that bit.
  const own = { name, ttl, flush: query === undefined };
  const additionals: Answer[] = [
    { ...own, type: "SRV", data: { port, target: name } },
    { ...own, type: "TXT", data: [...text] },
    ...addresses.map((address): Answer => ({ ...own, type: address.includes(":") ? "AAAA" : "A", data: address })),
  ];
  return encode({
    type: "response",
    id: query?.id ?? 0,
    flags: AUTHORITATIVE_ANSWER,
    ...(query !== undefined && { questions: questionsFor(query, announcement).slice(0, QUESTIONS_MAX) }),
    answers: [{ name: service, type: "PTR", ttl, data: name }],
    additionals,
  });
}

const INSTANCES_MAX = 256;
const ADDRESSES_MAX = 8;

/** What answers have told of a service, over several packets. */
export class Found {
  readonly #service: string;
  readonly #instances = new Set<string>();
  readonly #targets = new Map<string, { host: string; port: number }>();
  readonly #addresses = new Map<string, Set<string>>();

  constructor(service: string) {
    this.#service = service.toLowerCase();
  }

  /** Takes an answer; records that are not asked for are taken too, as their question may come. */
  add(packet: Packet): void {
    for (const record of [...(packet.answers ?? []), ...(packet.additionals ?? [])]) this.#addRecord(record);
  }

  #addRecord(record: Answer): void {
    const name = record.name.toLowerCase();
    if (record.type === "PTR" && name === this.#service && this.#instances.size < INSTANCES_MAX)
      this.#instances.add(record.data.toLowerCase());
    if (record.type === "SRV" && (this.#targets.has(name) || this.#targets.size < INSTANCES_MAX))
      this.#targets.set(name, { host: record.data.target.toLowerCase(), port: record.data.port });
    if (record.type === "A" || record.type === "AAAA") {
      const known = this.#addresses.get(name) ?? new Set();
      if (known.size < ADDRESSES_MAX && (known.size > 0 || this.#addresses.size < INSTANCES_MAX))
        this.#addresses.set(name, known.add(record.data));
    }
  }

  /** What is still to be asked: the service itself, and what is missing of its instances. */
  questions(): Question[] {
    const open: Question[] = [{ name: this.#service, type: "PTR", class: "IN" }];
    for (const name of this.#instances) {
      const target = this.#targets.get(name);
      if (target === undefined) open.push({ name, type: "SRV", class: "IN" });
      else if (!this.#addresses.has(target.host))
        open.push({ name: target.host, type: "A", class: "IN" }, { name: target.host, type: "AAAA", class: "IN" });
    }
    return open.slice(0, QUESTIONS_MAX);
  }

  endpoints(): Endpoint[] {
    return [...this.#instances].flatMap((name) => {
      const target = this.#targets.get(name);
      if (target === undefined || target.port === 0) return [];
      return [...(this.#addresses.get(target.host) ?? [])].map((address) => ({ address, port: target.port }));
    });
  }
}

/** Of one packet, so that it stays below what a link takes. */
const QUESTIONS_MAX = 20;
