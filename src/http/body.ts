import { Refusal } from "../lib/refusal.ts";

/**
 * The bytes of a request's body, at most `bytesMax`: a longer one is refused as soon as it is seen to be longer, by its
 * Content-Length or while it arrives. `tooLarge` makes the Refusal from the size seen.
 */
export async function readBody(
  raw: Request,
  bytesMax: number,
  tooLarge: (bytes: number) => Refusal = bodyTooLarge,
): Promise<Uint8Array> {
  const announced = raw.headers.get("content-length");
  if (announced !== null) {
    if (Number(announced) > bytesMax) throw tooLarge(Number(announced));
    return new Uint8Array(await raw.arrayBuffer());
  }
  return raw.body === null ? new Uint8Array() : readStream(raw.body, bytesMax, tooLarge);
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
