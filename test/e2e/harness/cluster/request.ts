/** Where a server answers HTTP: an address, or a socket file that needs no network. */
export interface Endpoint {
  readonly url: string;
  readonly unix?: string;
}

export interface Response {
  readonly status: number;
  readonly text: string;
  /** X-Consul-Index, or 0. */
  readonly index: number;
}

/**
 * `refused`: nobody was there to take it, so it did nothing. `lost`: it was sent and no answer came. A kept connection
 * would blur the two: `fetch` sends a request again by itself when such a connection turns out to be closed.
 */
export type Exchange = Response | "refused" | "lost";

export const isAnswer = (exchange: Exchange): exchange is Response => typeof exchange === "object";

const NOBODY_THERE = new Set(["ECONNREFUSED", "ENOENT"]);

/** One request on a connection of its own. Never rejects. */
export async function exchange(
  { url, unix }: Endpoint,
  method: string,
  path: string,
  { body, msMax }: { body?: string; msMax: number },
): Promise<Exchange> {
  try {
    const response = await fetch(`${url}${path}`, {
      method,
      keepalive: false,
      signal: AbortSignal.timeout(msMax),
      ...(body === undefined ? {} : { body }),
      ...(unix === undefined ? {} : { unix }),
    });
    const text = await response.text();
    return { status: response.status, text, index: Number(response.headers.get("x-consul-index") ?? 0) };
  } catch (error) {
    return error instanceof Error && "code" in error && NOBODY_THERE.has(String(error.code)) ? "refused" : "lost";
  }
}
