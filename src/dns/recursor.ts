import { HEADER_BYTES, RCODE } from "../codec/dns/types.ts";
import type { Random } from "../ports/random.ts";
import type { DnsConfig } from "./config.ts";
import { type ExchangePorts, exchange, type Peer } from "./exchange.ts";
import type { Transport } from "./fit.ts";
import { shuffled } from "./shuffle.ts";

const DNS_PORT = 53;
/** Each pending query holds a socket. */
const PENDING_MAX = 256;
const WITH_PORT = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::(\d+))?$/;

/** Forwards what is not ours to the configured servers. */
export class Recursors {
  readonly #ports: ExchangePorts;
  readonly #random: Random;
  #pending = 0;

  constructor(ports: ExchangePorts, random: Random) {
    this.#ports = ports;
    this.#random = random;
  }

  /**
   * Asks one server after the other, each for `recursorTimeoutMs`, over the client's own protocol. The first NOERROR or
   * NXDOMAIN wins and comes back as it is, but with the id of `query`. `undefined` when nobody answered so, or when too
   * many queries are already under way.
   */
  async forward(query: Uint8Array, transport: Transport, config: DnsConfig): Promise<Uint8Array | undefined> {
    if (this.#pending >= PENDING_MAX) return undefined;
    this.#pending++;
    try {
      const peers = config.recursors.map(parsePeer);
      const order = config.recursorStrategy === "random" ? shuffled(peers, this.#random) : peers;
      for (const peer of order) {
        const asked = Uint8Array.from(query);
        asked.set(Uint8Array.fromHex(this.#random.uuid().slice(0, 4)));
        const answer = await exchange(this.#ports, peer, asked, transport, config.recursorTimeoutMs);
        if (answer === undefined || !isConclusive(answer)) continue;
        answer.set(query.subarray(0, 2));
        return answer;
      }
      return undefined;
    } finally {
      this.#pending--;
    }
  }
}

/** Reads `ip`, `ip:port`, `[ip6]:port` or a bare IPv6 address; the port is 53 when none is given. */
export function parsePeer(text: string): Peer {
  const match = WITH_PORT.exec(text);
  if (match === null) return { address: text, port: DNS_PORT };
  return { address: match[1] ?? match[2] ?? "", port: match[3] === undefined ? DNS_PORT : Number(match[3]) };
}

function isConclusive(answer: Uint8Array): boolean {
  const rcode = (answer[3] ?? 0) & 0x0f;
  return answer.length >= HEADER_BYTES && (rcode === RCODE.NOERROR || rcode === RCODE.NXDOMAIN);
}
