import { MessageEncoder } from "../codec/dns/encode.ts";
import { type DnsQuery, parseQuery } from "../codec/dns/query.ts";
import {
  type DnsMessage,
  type Edns,
  FLAG,
  HEADER_BYTES,
  MESSAGE_BYTES_MAX,
  OPCODE_MASK,
  OPCODE_QUERY,
  RCODE,
} from "../codec/dns/types.ts";
import type { Clock } from "../ports/clock.ts";
import type { Logger } from "../ports/logger.ts";
import type { Meter } from "../ports/meter.ts";
import type { Random } from "../ports/random.ts";
import { answerQuestion } from "./answer.ts";
import { WireCache } from "./cache.ts";
import { optionlessKey, packetKey } from "./cache-key.ts";
import type { DnsConfig } from "./config.ts";
import { fitMessage, responseBytesMax, type Transport } from "./fit.ts";
import { InstanceMemo } from "./instance-memo.ts";
import { ipText } from "./ip.ts";
import { Facts, Lookups } from "./lookups.ts";
import { type Zones, zoneOf, zonesOf } from "./names.ts";
import type { Recursors } from "./recursor.ts";
import { REFUSED_REPLY, type Reply } from "./reply.ts";
import type { DnsSource } from "./source.ts";
import { fetchWant } from "./wants.ts";

/** One cache for each transport: an answer made for TCP must never go out as a datagram. */
const CACHE_BYTES_MAX: Readonly<Record<Transport, number>> = { udp: 12 * 1024 * 1024, tcp: 4 * 1024 * 1024 };
/** Questions that wait for a recursor, another datacenter or a prepared query. */
const PENDING_MAX = 1024;
/** A fetched CNAME may lead to one more fetch; nothing legitimate needs more. */
const FETCH_ROUNDS_MAX = 4;
const WANTS_PER_ROUND_MAX = 8;
const MEASURE_DOMAIN = "dns.domain_query";
const MEASURE_REVERSE = "dns.ptr_query";

export interface ResponderOptions {
  readonly source: DnsSource;
  readonly config: DnsConfig;
  readonly recursors: Recursors;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly meter: Meter;
  /** Name of this node, a label of the measurements. */
  readonly nodeName: string;
}

export interface Asker {
  readonly transport: Transport;
  readonly address: string;
}

/** From the bytes of a query to the bytes of its answer, without sockets. */
export class Responder {
  readonly #options: ResponderOptions;
  readonly #encoder = new MessageEncoder();
  /** Of answers from the state that is here; what is fetched from elsewhere nobody announces. */
  readonly #caches: Readonly<Record<Transport, WireCache>> | undefined;
  readonly #memo: InstanceMemo | undefined;
  readonly #labels: Readonly<Record<string, string>>;
  #config: DnsConfig;
  #zones: Zones;
  #pending = 0;

  constructor(options: ResponderOptions) {
    this.#options = options;
    const { state } = options.source;
    if (state !== undefined) {
      const cache = (transport: Transport) =>
        new WireCache(state, options.clock, options.random, CACHE_BYTES_MAX[transport]);
      this.#caches = { udp: cache("udp"), tcp: cache("tcp") };
      this.#memo = new InstanceMemo(state);
    }
    this.#labels = { node: options.nodeName };
    this.#config = options.config;
    this.#zones = zonesOf(options.config);
  }

  reconfigure(config: DnsConfig): void {
    this.#config = config;
    this.#zones = zonesOf(config);
    this.#caches?.udp.clear();
    this.#caches?.tcp.clear();
  }

  /**
   * The answer to `bytes`, at once or later, or `undefined` for what deserves none. Never throws and never rejects. The
   * answer is valid until the next call: send or copy it before.
   */
  respond(bytes: Buffer, asker: Asker): Uint8Array | Promise<Uint8Array> | undefined {
    if (bytes.length < HEADER_BYTES) return undefined;
    const startMs = this.#options.clock.monotonicMs();
    const key = packetKey(bytes);
    const cached = this.#cached(key, bytes, asker, startMs);
    if (cached !== undefined) return cached;
    const parsed = parseQuery(bytes);
    if (parsed.kind === "drop") return undefined;
    if (parsed.kind === "refuse") return bareHeader(bytes, parsed.rcode);
    const { query } = parsed;
    try {
      const known = query.plain ? key : optionlessKey(bytes, query);
      const stripped = query.plain ? undefined : this.#cached(known, bytes, asker, startMs);
      if (stripped !== undefined) return stripped;
      const answer = this.#answer(query, bytes, asker, known);
      if (!(answer instanceof Uint8Array)) return answer.finally(() => this.#measure(query, startMs));
      this.#measure(query, startMs);
      return answer;
    } catch (error) {
      return this.#failed(query, error);
    }
  }

  #cached(key: string | undefined, bytes: Uint8Array, asker: Asker, startMs: number): Uint8Array | undefined {
    const wire = key === undefined ? undefined : this.#caches?.[asker.transport].get(key);
    if (wire === undefined) return undefined;
    wire[0] = bytes[0] ?? 0;
    wire[1] = bytes[1] ?? 0;
    this.#options.meter.sample(MEASURE_DOMAIN, this.#options.clock.monotonicMs() - startMs, this.#labels);
    return wire;
  }

  #answer(query: DnsQuery, bytes: Uint8Array, asker: Asker, key: string | undefined): Uint8Array | Promise<Uint8Array> {
    const lookups = new Lookups(this.#options.source, this.#memo, new Facts(), this.#config.datacenter);
    const reply = this.#compute(query, lookups, asker);
    if (reply !== "forward" && lookups.wants.length === 0) {
      const wire = this.#encode(query, reply, asker.transport);
      if (key !== undefined && lookups.cacheable && lookups.topics.size > 0) {
        this.#caches?.[asker.transport].put(key, wire, lookups.topics, reply.answers.length > 1);
      }
      return wire;
    }
    // The packet's memory is the socket's: whatever waits needs a copy.
    const kept = Buffer.from(bytes);
    const keptQuery = { ...query, question: kept.subarray(HEADER_BYTES, HEADER_BYTES + query.question.length) };
    const isForeign = reply === "forward" && lookups.wants.length === 0;
    if (isForeign && this.#config.recursors.length === 0) return this.#unforwarded(keptQuery, asker);
    if (this.#pending >= PENDING_MAX) return this.#serverFailure(keptQuery, true);
    this.#pending++;
    const later = isForeign ? this.#forward(keptQuery, kept, asker) : this.#fetch(keptQuery, kept, asker);
    return later
      .catch((error: unknown) => this.#failed(keptQuery, error))
      .finally(() => {
        this.#pending--;
      });
  }

  #compute(query: DnsQuery, lookups: Lookups, asker: Asker): Reply | "forward" {
    const subnet = query.edns?.subnet;
    const question = { name: query.name, type: query.type, class: classOf(query) };
    return answerQuestion(question, {
      config: this.#config,
      zones: this.#zones,
      lookups,
      random: this.#options.random,
      nowMs: this.#options.clock.nowMs(),
      sourceAddress: subnet === undefined || subnet.family === 0 ? asker.address : subnetAddress(subnet),
    });
  }

  /** Fetches what is wanted and computes again, until nothing is wanted any more. */
  async #fetch(query: DnsQuery, bytes: Uint8Array, asker: Asker): Promise<Uint8Array> {
    const facts = new Facts();
    const { source, recursors } = this.#options;
    for (let round = 0; ; round++) {
      const lookups = new Lookups(source, this.#memo, facts, this.#config.datacenter);
      const reply = this.#compute(query, lookups, asker);
      if (lookups.wants.length === 0 || round === FETCH_ROUNDS_MAX) {
        if (reply !== "forward") return this.#encode(query, reply, asker.transport);
        return this.#config.recursors.length === 0
          ? this.#unforwarded(query, asker)
          : await this.#forward(query, bytes, asker);
      }
      const wants = lookups.wants.slice(0, WANTS_PER_ROUND_MAX);
      await Promise.all(wants.map((want) => fetchWant(want, facts, source, recursors, this.#config)));
    }
  }

  async #forward(query: DnsQuery, bytes: Uint8Array, asker: Asker): Promise<Uint8Array> {
    const answer = await this.#options.recursors.forward(bytes, asker.transport, this.#config);
    if (answer === undefined) return this.#serverFailure(query, true);
    const bytesMax = asker.transport === "tcp" ? MESSAGE_BYTES_MAX : responseBytesMax("udp", query.edns?.sizeBytes);
    if (answer.length <= bytesMax) return answer;
    return this.#encode(query, { ...REFUSED_REPLY, rcode: RCODE.NOERROR }, asker.transport, FLAG.RA | FLAG.TC);
  }

  /** Without recursors Consul refuses foreign names, but fails for reverse names that it does not know. */
  #unforwarded(query: DnsQuery, asker: Asker): Uint8Array {
    if (zoneOf(query.name.toLowerCase(), this.#zones) === "reverse") return this.#serverFailure(query, true);
    return this.#encode(withoutEdns(query), REFUSED_REPLY, asker.transport);
  }

  #encode(query: DnsQuery, reply: Reply, transport: Transport, flags = this.#recursionFlag()): Uint8Array {
    const message: DnsMessage = {
      id: query.id,
      flags: FLAG.QR | echoedFlags(query.flags) | (reply.authoritative ? FLAG.AA : 0) | flags,
      rcode: reply.rcode,
      question: query.question,
      answers: reply.answers,
      authorities: reply.authorities,
      additionals: reply.additionals,
      ...(query.edns !== undefined && { edns: replyEdns(query.edns, reply.perSubnet) }),
    };
    return fitMessage(message, reply.counted, transport, this.#config, this.#encoder);
  }

  #recursionFlag(): number {
    return this.#config.recursors.length > 0 ? FLAG.RA : 0;
  }

  #serverFailure(query: DnsQuery, recursive: boolean): Uint8Array {
    const reply = { ...REFUSED_REPLY, rcode: RCODE.SERVFAIL, authoritative: !recursive };
    return this.#encode(query, reply, "udp", recursive ? FLAG.RA : this.#recursionFlag());
  }

  #failed(query: DnsQuery, error: unknown): Uint8Array {
    const text = error instanceof Error ? error.message : String(error);
    this.#options.log.error("rpc error", { name: query.name, error: text });
    return this.#serverFailure(query, false);
  }

  #measure(query: DnsQuery, startMs: number): void {
    const reverse = zoneOf(query.name.toLowerCase(), this.#zones) === "reverse";
    const elapsedMs = this.#options.clock.monotonicMs() - startMs;
    this.#options.meter.sample(reverse ? MEASURE_REVERSE : MEASURE_DOMAIN, elapsedMs, this.#labels);
  }
}

/** What is sent for a message that cannot be answered: its id and opcode, and no sections (observed). */
function bareHeader(bytes: Uint8Array, rcode: number): Uint8Array {
  const header = new Uint8Array(HEADER_BYTES);
  header[0] = bytes[0] ?? 0;
  header[1] = bytes[1] ?? 0;
  header[2] = (FLAG.QR >> 8) | ((bytes[2] ?? 0) & ((OPCODE_MASK | FLAG.RD) >> 8));
  header[3] = rcode;
  return header;
}

/** A response keeps the opcode, and for plain queries RD and CD. */
function echoedFlags(flags: number): number {
  const opcode = flags & OPCODE_MASK;
  return opcode === OPCODE_QUERY ? flags & (FLAG.RD | FLAG.CD) : opcode;
}

/** The client's own size goes back; a subnet with scope 0 lets resolvers share the answer with everybody. */
function replyEdns({ sizeBytes, subnet }: Edns, perSubnet: boolean): Edns {
  if (subnet === undefined) return { sizeBytes };
  return { sizeBytes, subnet: { ...subnet, scopePrefix: perSubnet ? subnet.sourcePrefix : 0 } };
}

function withoutEdns({ edns: _, ...query }: DnsQuery): DnsQuery {
  return query;
}

function classOf(query: DnsQuery): number {
  const end = query.question.length;
  return ((query.question[end - 2] ?? 0) << 8) | (query.question[end - 1] ?? 0);
}

function subnetAddress(subnet: NonNullable<Edns["subnet"]>): string {
  const bytes = new Uint8Array(subnet.family === 1 ? 4 : 16);
  bytes.set(subnet.address);
  return ipText(bytes);
}
