/** Numbers of the DNS wire format (RFC 1035, 2782, 3596, 6891, 7871). */
export const TYPE = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  TXT: 16,
  AAAA: 28,
  SRV: 33,
  OPT: 41,
  AXFR: 252,
  ANY: 255,
} as const;

export const RCODE = { NOERROR: 0, FORMERR: 1, SERVFAIL: 2, NXDOMAIN: 3, NOTIMP: 4, REFUSED: 5 } as const;

export const FLAG = { QR: 0x8000, AA: 0x0400, TC: 0x0200, RD: 0x0100, RA: 0x0080, CD: 0x0010 } as const;
export const OPCODE_MASK = 0x7800;
export const OPCODE_QUERY = 0;
export const OPCODE_NOTIFY = 0x2000;

export const CLASS_IN = 1;
export const HEADER_BYTES = 12;
export const EDNS_OPTION_CLIENT_SUBNET = 8;

/** What every client can take over UDP without EDNS (RFC 1035 4.2.1). */
export const UDP_PLAIN_BYTES_MAX = 512;
/** What a length-prefixed message over TCP can hold. */
export const MESSAGE_BYTES_MAX = 65_535;

interface RecordBase {
  /** Owner in presentation form, without the final dot; `""` is the root. */
  readonly name: string;
  readonly ttlS: number;
}

/** The record kinds that the registry answers with. Addresses are network-order bytes. */
export type DnsRecord = RecordBase &
  (
    | { readonly type: typeof TYPE.A | typeof TYPE.AAAA; readonly address: Uint8Array }
    | { readonly type: typeof TYPE.CNAME | typeof TYPE.NS | typeof TYPE.PTR; readonly target: string }
    | {
        readonly type: typeof TYPE.SRV;
        readonly priority: number;
        readonly weight: number;
        readonly port: number;
        readonly target: string;
      }
    | { readonly type: typeof TYPE.TXT; readonly text: Uint8Array }
    | {
        readonly type: typeof TYPE.SOA;
        readonly mname: string;
        readonly rname: string;
        readonly serial: number;
        readonly refreshS: number;
        readonly retryS: number;
        readonly expireS: number;
        readonly minTtlS: number;
      }
  );

/** EDNS client subnet (RFC 7871); `address` holds only the bytes that the prefix covers. */
export interface ClientSubnet {
  readonly family: number;
  readonly sourcePrefix: number;
  readonly scopePrefix: number;
  readonly address: Uint8Array;
}

export interface Edns {
  /** The UDP payload the sender takes. */
  readonly sizeBytes: number;
  readonly subnet?: ClientSubnet;
}

/** An answer before it is encoded. `question` is the question section as it came: name, type and class. */
export interface DnsMessage {
  readonly id: number;
  readonly flags: number;
  readonly rcode: number;
  readonly question: Uint8Array;
  readonly answers: readonly DnsRecord[];
  readonly authorities: readonly DnsRecord[];
  readonly additionals: readonly DnsRecord[];
  readonly edns?: Edns;
}
