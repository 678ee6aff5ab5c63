import { isSimpleName, nameLabels } from "./name.ts";
import {
  CLASS_IN,
  type DnsMessage,
  type DnsRecord,
  EDNS_OPTION_CLIENT_SUBNET,
  type Edns,
  HEADER_BYTES,
  MESSAGE_BYTES_MAX,
  TYPE,
} from "./types.ts";

const POINTER = 0xc000;
const POINTER_OFFSET_MAX = 0x3fff;
const NAME_BYTES_MAX = 255;
const CHARACTER_STRING_BYTES_MAX = 255;
/** Owner and two names in the data (SOA), and the fixed fields: what a record without free data can take. */
const RECORD_FIXED_BYTES_MAX = 3 * NAME_BYTES_MAX + 64;
const SCRATCH_BYTES = MESSAGE_BYTES_MAX + 1;

/** Size that `encodeMessage` reports for a message that no transport can carry. */
export const TOO_LARGE = Number.POSITIVE_INFINITY;

export interface EncodeOptions {
  /** Write names with pointers (RFC 1035 4.1.4). */
  readonly compress: boolean;
}

/**
 * Encodes messages one after the other into one buffer of its own, so that measuring costs no memory. Not re-entrant:
 * the bytes of `view` are good until the next `encode`.
 */
export class MessageEncoder {
  readonly #bytes = new Uint8Array(SCRATCH_BYTES);
  readonly #offsets = new Map<string, number>();
  #offset = 0;
  #compress = true;
  #tooLarge = false;

  /**
   * Bytes that the message takes, exactly, or `TOO_LARGE` over 65,535. Records whose names cannot be put on the wire
   * are left out, because one bad node name must not spoil the answer for its neighbours.
   */
  encode(message: DnsMessage, options: EncodeOptions): number {
    this.#offsets.clear();
    this.#compress = options.compress;
    this.#tooLarge = false;
    const bytes = this.#bytes;
    bytes.set(message.question, HEADER_BYTES);
    this.#offset = HEADER_BYTES;
    this.#noteQuestion(message.question);
    this.#offset = HEADER_BYTES + message.question.length;
    const answers = this.#section(message.answers);
    const authorities = this.#section(message.authorities);
    let additionals = this.#section(message.additionals);
    if (message.edns !== undefined) {
      this.#edns(message.edns);
      additionals++;
    }
    const end = this.#offset;
    this.#offset = 0;
    this.#u16(message.id);
    this.#u16(message.flags | message.rcode);
    this.#u16(message.question.length === 0 ? 0 : 1);
    this.#u16(answers);
    this.#u16(authorities);
    this.#u16(additionals);
    this.#offset = end;
    return this.#tooLarge ? TOO_LARGE : end;
  }

  /** A copy of the message encoded last. */
  copy(): Uint8Array {
    return this.#bytes.slice(0, this.#offset);
  }

  /** Makes the question's name and its parents targets of pointers: most owners are the question's name. */
  #noteQuestion(question: Uint8Array): void {
    if (!this.#compress) return;
    const parts: { offset: number; label: string }[] = [];
    for (let at = 0; (question[at] ?? 0) !== 0; at += (question[at] ?? 0) + 1) {
      const label = String.fromCharCode(...question.subarray(at + 1, at + 1 + (question[at] ?? 0)));
      if (!isSimpleName(label) || label.includes(".")) return;
      parts.push({ offset: HEADER_BYTES + at, label });
    }
    let suffix = "";
    for (const part of parts.reverse()) {
      suffix = suffix === "" ? part.label : `${part.label}.${suffix}`;
      this.#offsets.set(suffix, part.offset);
    }
  }

  #section(records: readonly DnsRecord[]): number {
    let written = 0;
    for (const record of records) if (this.#record(record)) written++;
    return written;
  }

  #record(record: DnsRecord): boolean {
    const free = record.type === TYPE.TXT ? record.text.length + (record.text.length >> 7) : 0;
    if (this.#offset + RECORD_FIXED_BYTES_MAX + free > SCRATCH_BYTES) {
      this.#tooLarge = true;
      return false;
    }
    if (!this.#writable(record.name)) return false;
    if ("target" in record && !this.#writable(record.target)) return false;
    this.#name(record.name, true);
    this.#u16(record.type);
    this.#u16(CLASS_IN);
    this.#u32(record.ttlS);
    const lengthAt = this.#offset;
    this.#offset += 2;
    this.#data(record);
    const end = this.#offset;
    this.#offset = lengthAt;
    this.#u16(end - lengthAt - 2);
    this.#offset = end;
    return true;
  }

  #data(record: DnsRecord): void {
    switch (record.type) {
      case TYPE.A:
      case TYPE.AAAA:
        this.#bytes.set(record.address, this.#offset);
        this.#offset += record.address.length;
        return;
      case TYPE.CNAME:
      case TYPE.NS:
      case TYPE.PTR:
        this.#name(record.target, true);
        return;
      case TYPE.SRV:
        this.#u16(record.priority);
        this.#u16(record.weight);
        this.#u16(record.port);
        // RFC 2782: the target is never compressed, but later names may point into it.
        this.#name(record.target, false);
        return;
      case TYPE.TXT:
        this.#text(record.text);
        return;
      case TYPE.SOA:
        this.#name(record.mname, true);
        this.#name(record.rname, true);
        this.#u32(record.serial);
        this.#u32(record.refreshS);
        this.#u32(record.retryS);
        this.#u32(record.expireS);
        this.#u32(record.minTtlS);
    }
  }

  #text(text: Uint8Array): void {
    for (let start = 0; start === 0 || start < text.length; start += CHARACTER_STRING_BYTES_MAX) {
      const part = text.subarray(start, start + CHARACTER_STRING_BYTES_MAX);
      this.#bytes[this.#offset++] = part.length;
      this.#bytes.set(part, this.#offset);
      this.#offset += part.length;
    }
  }

  #writable(name: string): boolean {
    return this.#offsets.has(name) || isSimpleName(name) || nameLabels(name) !== undefined;
  }

  /** Writes a name that is known to be legal. */
  #name(name: string, mayPoint: boolean): void {
    if (!isSimpleNameKnown(name, this.#offsets)) {
      this.#oddName(name);
      return;
    }
    const bytes = this.#bytes;
    let start = 0;
    while (start < name.length) {
      const suffix = start === 0 ? name : name.slice(start);
      if (this.#compress) {
        const seen = this.#offsets.get(suffix);
        if (seen === undefined) {
          if (this.#offset <= POINTER_OFFSET_MAX) this.#offsets.set(suffix, this.#offset);
        } else if (mayPoint) {
          this.#u16(POINTER | seen);
          return;
        }
      }
      let end = name.indexOf(".", start);
      if (end < 0) end = name.length;
      bytes[this.#offset++] = end - start;
      for (let i = start; i < end; i++) bytes[this.#offset++] = name.charCodeAt(i);
      start = end + 1;
    }
    bytes[this.#offset++] = 0;
  }

  #oddName(name: string): void {
    for (const label of nameLabels(name) ?? []) {
      this.#bytes[this.#offset++] = label.length;
      this.#bytes.set(label, this.#offset);
      this.#offset += label.length;
    }
    this.#bytes[this.#offset++] = 0;
  }

  /** OPT (RFC 6891): owner is the root, the class carries the size, no flags are set. */
  #edns(edns: Edns): void {
    const subnet = edns.subnet;
    if (this.#offset + 64 > SCRATCH_BYTES) {
      this.#tooLarge = true;
      return;
    }
    this.#bytes[this.#offset++] = 0;
    this.#u16(TYPE.OPT);
    this.#u16(edns.sizeBytes);
    this.#u32(0);
    if (subnet === undefined) {
      this.#u16(0);
      return;
    }
    this.#u16(8 + subnet.address.length);
    this.#u16(EDNS_OPTION_CLIENT_SUBNET);
    this.#u16(4 + subnet.address.length);
    this.#u16(subnet.family);
    this.#bytes[this.#offset++] = subnet.sourcePrefix;
    this.#bytes[this.#offset++] = subnet.scopePrefix;
    this.#bytes.set(subnet.address, this.#offset);
    this.#offset += subnet.address.length;
  }

  #u16(value: number): void {
    this.#bytes[this.#offset++] = value >>> 8;
    this.#bytes[this.#offset++] = value;
  }

  #u32(value: number): void {
    this.#u16(value >>> 16);
    this.#u16(value & 0xffff);
  }
}

function isSimpleNameKnown(name: string, offsets: ReadonlyMap<string, number>): boolean {
  return offsets.has(name) || isSimpleName(name);
}
