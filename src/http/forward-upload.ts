import { Refusal } from "../lib/refusal.ts";
import { PART_BYTES_MAX } from "./forward-protocol.ts";

/** Hands over a part and tells whether another is wanted. */
export type WritePart = (body: Uint8Array, isLast: boolean) => Promise<boolean>;

const NO_BYTES = new Uint8Array();

/** A request's body in parts, as it comes from the caller. */
export class Upload {
  /** The first part; all of the body when `isWhole`. */
  readonly first: Uint8Array | undefined;
  readonly isWhole: boolean;
  readonly #reader: PartReader | undefined;
  #next: Uint8Array | undefined;

  private constructor(first: Uint8Array | undefined, reader?: PartReader, next?: Uint8Array) {
    this.first = first;
    this.isWhole = next === undefined;
    this.#reader = reader;
    this.#next = next;
  }

  /** Resolves with the first part there; rejects with a Refusal when the body does not come. `bytes`: what was read already. */
  static async of(raw: Request, bytes: Uint8Array | undefined): Promise<Upload> {
    if (bytes !== undefined && bytes.length <= PART_BYTES_MAX) return new Upload(bytes);
    if (bytes === undefined && raw.body === null) return new Upload(undefined);
    const length = raw.headers.get("content-length");
    try {
      if (bytes === undefined && length !== null && Number(length) <= PART_BYTES_MAX) {
        return new Upload(new Uint8Array(await raw.arrayBuffer()));
      }
      const reader = new PartReader(bytes === undefined ? raw.body : streamOf(bytes));
      const first = await reader.part();
      const next = first === undefined ? undefined : await reader.part();
      return next === undefined ? new Upload(first) : new Upload(first, reader, next);
    } catch (error) {
      throw new Refusal(`Failed to read body: ${error instanceof Error ? error.message : String(error)}`, 400);
    }
  }

  /** Hands over all parts but the first. Rejects when the body breaks off, or with what `write` rejects with. */
  async pour(write: WritePart): Promise<void> {
    for (let part = this.#next; part !== undefined; ) {
      const following = await this.#reader?.part();
      part = (await write(part, following === undefined)) ? following : undefined;
    }
  }

  /** Nobody wants the rest. */
  cancel(): void {
    this.#next = undefined;
    void this.#reader?.cancel();
  }
}

/** A stream's reader, as far as it is used here. */
export interface ByteSource {
  read(): Promise<{ done: boolean; value?: Uint8Array | undefined }>;
  cancel(): Promise<void>;
}

/** Gathers what comes into parts. */
class PartReader {
  readonly #reader: ByteSource;
  #rest: Uint8Array = NO_BYTES;

  constructor(stream: ReadableStream<Uint8Array> | null) {
    this.#reader = (stream ?? streamOf(NO_BYTES)).getReader();
  }

  /** The next part, as long as parts may be; undefined when there is none. */
  async part(): Promise<Uint8Array | undefined> {
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    for (
      let chunk: Uint8Array | undefined = this.#rest;
      chunk !== undefined;
      chunk = (await this.#reader.read()).value
    ) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes >= PART_BYTES_MAX) break;
    }
    const all = chunks.length === 1 ? (chunks[0] ?? NO_BYTES) : joined(chunks, bytes);
    this.#rest = all.subarray(PART_BYTES_MAX);
    return all.length === 0 ? undefined : all.subarray(0, PART_BYTES_MAX);
  }

  async cancel(): Promise<void> {
    await this.#reader.cancel().catch(() => undefined);
  }
}

function joined(chunks: readonly Uint8Array[], bytes: number): Uint8Array {
  return Bun.concatArrayBuffers(chunks as Uint8Array<ArrayBuffer>[], bytes, true);
}

function streamOf(bytes: Uint8Array): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      controller.enqueue(bytes);
      controller.close();
    },
  });
}
