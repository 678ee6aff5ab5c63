import {
  type ClientSubnet,
  EDNS_OPTION_CLIENT_SUBNET,
  type Edns,
  FLAG,
  HEADER_BYTES,
  OPCODE_MASK,
  OPCODE_NOTIFY,
  OPCODE_QUERY,
  RCODE,
  TYPE,
} from "./types.ts";

const NAME_BYTES_MAX = 255;
const LABEL_BYTES_MAX = 63;
const POINTER_BITS = 0xc0;
const FAMILY_BYTES: Record<number, number> = { 1: 4, 2: 16 };

/** A query that can be answered. */
export interface DnsQuery {
  readonly id: number;
  readonly flags: number;
  /** Presentation form with the sender's case, without the final dot; odd bytes are escaped (`\.`, `\007`). */
  readonly name: string;
  readonly type: number;
  /** The question section as it came. A view of the packet: copy it to keep it. */
  readonly question: Uint8Array;
  readonly edns?: Edns;
  /** No EDNS option was given, so that equal bytes always mean the same query. */
  readonly plain: boolean;
}

export type ParsedQuery =
  | { readonly kind: "query"; readonly query: DnsQuery }
  /** Not answerable; the reply is a bare header with this code, as Consul's DNS library sends it. */
  | { readonly kind: "refuse"; readonly rcode: number }
  /** Not a query at all: no reply, so that two servers never answer each other for ever. */
  | { readonly kind: "drop" };

const DROP: ParsedQuery = { kind: "drop" };
const FORMAT_ERROR: ParsedQuery = { kind: "refuse", rcode: RCODE.FORMERR };

/**
 * Parses a query strictly and never throws, whatever the bytes. Exactly one question; a compressed question name is a
 * format error, because nothing stands before it that it could point to. Other sections are walked and only OPT is kept.
 */
export function parseQuery(bytes: Uint8Array): ParsedQuery {
  if (bytes.length < HEADER_BYTES) return DROP;
  const flags = u16(bytes, 2);
  if ((flags & FLAG.QR) !== 0) return DROP;
  const opcode = flags & OPCODE_MASK;
  if (opcode !== OPCODE_QUERY && opcode !== OPCODE_NOTIFY) return { kind: "refuse", rcode: RCODE.NOTIMP };
  const answerCount = u16(bytes, 6);
  const authorityCount = u16(bytes, 8);
  const additionalCount = u16(bytes, 10);
  // The limits of Consul's DNS library: NOTIFY and IXFR carry one record, OPT and TSIG make two additional ones.
  if (u16(bytes, 4) !== 1 || answerCount > 1 || authorityCount > 1 || additionalCount > 2) return FORMAT_ERROR;
  const nameEnd = questionNameEnd(bytes);
  if (nameEnd < 0 || nameEnd + 4 > bytes.length) return FORMAT_ERROR;
  let edns: ReturnType<typeof parseOpt> = null;
  let offset = nameEnd + 4;
  for (let i = answerCount + authorityCount + additionalCount; i > 0; i--) {
    const header = skipName(bytes, offset);
    if (header < 0 || header + 10 > bytes.length) return FORMAT_ERROR;
    const end = header + 10 + u16(bytes, header + 8);
    if (end > bytes.length) return FORMAT_ERROR;
    if (u16(bytes, header) === TYPE.OPT && edns === null) {
      edns = parseOpt(bytes, header, end);
      if (edns === null) return FORMAT_ERROR;
    }
    offset = end;
  }
  const query: DnsQuery = {
    id: u16(bytes, 0),
    flags,
    name: presentName(bytes),
    type: u16(bytes, nameEnd),
    question: bytes.subarray(HEADER_BYTES, nameEnd + 4),
    plain: edns === null || edns.plain,
    ...(edns !== null && { edns: edns.edns }),
  };
  return { kind: "query", query };
}

function u16(bytes: Uint8Array, offset: number): number {
  return ((bytes[offset] ?? 0) << 8) | (bytes[offset + 1] ?? 0);
}

/** Offset after the question's name, or -1 when it is not a plain name of at most 255 bytes. */
function questionNameEnd(bytes: Uint8Array): number {
  let offset = HEADER_BYTES;
  for (;;) {
    const length = bytes[offset];
    if (length === undefined || length > LABEL_BYTES_MAX) return -1;
    offset += length + 1;
    if (offset - HEADER_BYTES > NAME_BYTES_MAX) return -1;
    if (length === 0) return offset;
  }
}

/** Offset after a name that may end in a pointer, which is not followed; -1 when cut or malformed. */
function skipName(bytes: Uint8Array, start: number): number {
  let offset = start;
  for (;;) {
    const length = bytes[offset];
    if (length === undefined) return -1;
    if ((length & POINTER_BITS) === POINTER_BITS) return offset + 2;
    if (length > LABEL_BYTES_MAX || offset - start > NAME_BYTES_MAX) return -1;
    offset += length + 1;
    if (length === 0) return offset;
  }
}

function presentName(bytes: Uint8Array): string {
  let name = "";
  let offset = HEADER_BYTES;
  for (;;) {
    const length = bytes[offset] ?? 0;
    if (length === 0) return name;
    if (name !== "") name += ".";
    for (let i = offset + 1; i <= offset + length; i++) name += presentByte(bytes[i] ?? 0);
    offset += length + 1;
  }
}

const SPECIAL = new Set([...'."\\();@$ '].map((char) => char.charCodeAt(0)));
const PRESENTED: readonly string[] = Array.from({ length: 256 }, (_, byte) => {
  const char = String.fromCharCode(byte);
  if (byte < 0x20 || byte > 0x7e) return `\\${byte.toString().padStart(3, "0")}`;
  return SPECIAL.has(byte) ? `\\${char}` : char;
});

function presentByte(byte: number): string {
  return PRESENTED[byte] ?? "";
}

function parseOpt(bytes: Uint8Array, header: number, end: number): { edns: Edns; plain: boolean } | null {
  const sizeBytes = u16(bytes, header + 2);
  let subnet: ClientSubnet | undefined;
  let offset = header + 10;
  while (offset < end) {
    const dataStart = offset + 4;
    if (dataStart > end) return null;
    const dataEnd = dataStart + u16(bytes, offset + 2);
    if (dataEnd > end) return null;
    if (u16(bytes, offset) === EDNS_OPTION_CLIENT_SUBNET) {
      const parsed = parseSubnet(bytes, dataStart, dataEnd);
      if (parsed === null) return null;
      subnet = parsed;
    }
    offset = dataEnd;
  }
  return { edns: { sizeBytes, ...(subnet && { subnet }) }, plain: end === header + 10 };
}

/** RFC 7871 6: the address has exactly the bytes of the prefix, and a family that is known. */
function parseSubnet(bytes: Uint8Array, start: number, end: number): ClientSubnet | null {
  if (end - start < 4) return null;
  const family = u16(bytes, start);
  const sourcePrefix = bytes[start + 2] ?? 0;
  const addressBytes = Math.ceil(sourcePrefix / 8);
  const limit = family === 0 ? 0 : FAMILY_BYTES[family];
  if (limit === undefined || addressBytes > limit || end - start - 4 !== addressBytes) return null;
  return {
    family,
    sourcePrefix,
    scopePrefix: bytes[start + 3] ?? 0,
    address: bytes.slice(start + 4, end),
  };
}
