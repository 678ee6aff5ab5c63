import { type DnsRecord, RCODE } from "../codec/dns/types.ts";
import type { Random } from "../ports/random.ts";
import type { DnsConfig } from "./config.ts";
import type { Lookups } from "./lookups.ts";
import type { Zones } from "./names.ts";

export interface Question {
  /** As it came, without the final dot. */
  readonly name: string;
  readonly type: number;
  readonly class: number;
}

/** Everything an answer depends on; all of it is given, nothing is fetched. */
export interface AnswerContext {
  readonly config: DnsConfig;
  readonly zones: Zones;
  readonly lookups: Lookups;
  readonly random: Random;
  readonly nowMs: number;
  /** The client subnet's or the client's own address, for prepared queries that sort by distance. */
  readonly sourceAddress: string;
}

export interface Reply {
  readonly rcode: number;
  readonly authoritative: boolean;
  readonly answers: readonly DnsRecord[];
  readonly authorities: readonly DnsRecord[];
  readonly additionals: readonly DnsRecord[];
  /** The answer was made for the client's subnet, so resolvers may share it only inside of it (RFC 7871 7.2.1). */
  readonly perSubnet: boolean;
  /** `udp_answer_limit` applies: answers of services and prepared queries, not those of nodes (observed). */
  readonly counted: boolean;
}

export const EMPTY_REPLY: Reply = {
  rcode: RCODE.NOERROR,
  authoritative: true,
  answers: [],
  authorities: [],
  additionals: [],
  perSubnet: false,
  counted: false,
};

export const REFUSED_REPLY: Reply = { ...EMPTY_REPLY, rcode: RCODE.REFUSED, authoritative: false };
