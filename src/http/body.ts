import { Refusal } from "../lib/refusal.ts";

/**
 * The bytes of a request's body, at most `bytesMax`: a longer one is refused as soon as it is seen to be longer, by its
 * Content-Length or while it arrives. `tooLarge` makes the Refusal from the size seen. 400 when it doesn't come whole.
 */
export async function readBody(
  raw: Request,
  bytesMax: number,
  tooLarge: (bytes: number) => Refusal = bodyTooLarge,
): Promise<Uint8Array> {
  const announced = raw.headers.get("content-length");
  if (announced !== null && Number(announced) > bytesMax) throw tooLarge(Number(announced));
  try {
    if (announced !== null) return new Uint8Array(await raw.arrayBuffer());
    return raw.body === null ? new Uint8Array() : await readStream(raw.body, bytesMax, tooLarge);
  } catch (error) {
    throw unread(error);
  }
}

/** `readBody` for one that is not to be in memory as a whole: it is read as fast as it is taken. */
export async function* bodyParts(raw: Request, bytesMax: number): AsyncGenerator<Uint8Array> {
  const announced = Number(raw.headers.get("content-length") ?? 0);
  if (announced > bytesMax) throw bodyTooLarge(announced);
  let bytes = 0;
  const parts = raw.body?.[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await parts?.next().catch((error: unknown) => Promise.reject(unread(error)));
      if (next === undefined || next.done) return;
      bytes += next.value.length;
      if (bytes > bytesMax) throw bodyTooLarge(bytes);
      yield next.value;
    }
  } finally {
    // Nobody wants the rest.
    await parts?.return?.();
  }
}

/** The caller went away, or its chunks are none: its doing, and no answer reaches it. */
function unread(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  return new Refusal(`Failed to read body: ${error instanceof Error ? error.message : String(error)}`, 400);
}

async function readStream(stream: ReadableStream<Uint8Array>, bytesMax: number, tooLarge: (bytes: number) => Refusal) {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of stream) {
    bytes += chunk.length;
    if (bytes > bytesMax) throw tooLarge(bytes);
    chunks.push(chunk);
  }
  return Bun.concatArrayBuffers(chunks as Uint8Array<ArrayBuffer>[], bytes, true);
}

function bodyTooLarge(bytes: number): Refusal {
  return new Refusal(`Request body(${bytes} bytes) too large`, 413);
}
