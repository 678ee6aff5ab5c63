import { MsgpackReader } from "../codec/msgpack/reader.ts";
import { nameOfRecord } from "../codec/snapshot-types.ts";
import { WireError } from "../codec/wire-error.ts";

/** Settings of proxies are the deepest that there is. */
const DEPTH_MAX = 64;
const TYPE_MAX = 255;

const CONFIG_ENTRY = 22;
export const KVS = 2;

/** A record of a snapshot's `state.bin`. */
export interface SnapshotRecord {
  readonly type: number;
  /** Consul's name of the type. */
  readonly name: string;
  /** What it takes in the file, its type too. */
  readonly bytes: number;
  /** Its value. Texts that are no UTF-8 are bytes, numbers of more than 53 bits are bigints. */
  data(): unknown;
}

/** The records of a `state.bin`, one after another. Throws an Error that says which is the first that can't be read. */
export function* recordsOf(state: Uint8Array): Generator<SnapshotRecord> {
  const reader = new MsgpackReader(state);
  let number = 0;
  try {
    reader.skip();
    for (; reader.left > 0; number++) {
      const start = reader.at;
      const type = reader.uint(TYPE_MAX);
      const valueStart = reader.at;
      reader.skip();
      yield {
        type,
        name: nameOfRecord(type),
        bytes: reader.at - start,
        data: () => decode(type, state.subarray(valueStart)),
      };
    }
  } catch (error) {
    throw error instanceof WireError ? new Error(`record ${number}: ${error.message}`) : error;
  }
}

function decode(type: number, bytes: Uint8Array): unknown {
  return type === CONFIG_ENTRY ? configEntry(bytes) : new ValueReader(bytes).value(DEPTH_MAX);
}

/** Entries write themselves: the kind, and the value as what is in a text; `proxy-defaults` does so once more. */
function configEntry(bytes: Uint8Array): unknown {
  const inner = new ValueReader(new MsgpackReader(bytes).rawView());
  inner.value(DEPTH_MAX);
  const request = inner.value(DEPTH_MAX);
  if (typeof request !== "object" || request === null || !("Entry" in request)) return request;
  const { Entry } = request;
  const nested = typeof Entry === "string" ? Buffer.from(Entry) : Entry;
  return nested instanceof Uint8Array ? { ...request, Entry: new ValueReader(nested).value(DEPTH_MAX) } : request;
}

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Reads values of which nothing is known before. */
class ValueReader {
  readonly #bytes: Uint8Array;
  readonly #reader: MsgpackReader;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#reader = new MsgpackReader(bytes);
  }

  value(depthMax: number): unknown {
    if (depthMax < 0) throw new WireError("more levels than anybody needs");
    const reader = this.#reader;
    const code = this.#bytes[reader.at] ?? 0;
    if (code === 0xc0) {
      reader.skip();
      return null;
    }
    if ((code & 0xf0) === 0x80 || code === 0xde || code === 0xdf) return this.#object(depthMax);
    if ((code & 0xf0) === 0x90 || code === 0xdc || code === 0xdd)
      return Array.from({ length: reader.array() }, () => this.value(depthMax - 1));
    if (code === 0xc2 || code === 0xc3) return reader.bool();
    if (code === 0xcf) return small(reader.big());
    if (code === 0xca || code === 0xcb) return finite(reader.float());
    return isNumber(code) ? reader.int() : textOrBytes(reader.raw());
  }

  #object(depthMax: number): unknown {
    const entries: [string, unknown][] = [];
    for (let left = this.#reader.map(); left > 0; left--) entries.push([this.#reader.text(), this.value(depthMax - 1)]);
    return Object.fromEntries(entries);
  }
}

const isNumber = (code: number) => code <= 0x7f || code >= 0xe0 || (code >= 0xcc && code <= 0xd3);

const small = (value: bigint) => (value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value);

/** JSON has no other numbers. */
const finite = (value: number) => (Number.isFinite(value) ? value : String(value));

function textOrBytes(raw: Uint8Array): string | Uint8Array {
  try {
    return strict.decode(raw);
  } catch {
    return raw;
  }
}
