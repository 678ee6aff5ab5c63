import type { Endpoint } from "./request.ts";

/** Where one server runs. */
export interface Place {
  readonly address: string;
  /** Words before the program. */
  readonly wrapper: readonly string[];
  /** Where its HTTP is, and the flag or key that puts it there. `dir` is the server's own folder. */
  http(dir: string): { endpoint: Endpoint; config: Readonly<Record<string, unknown>> };
}

/** Addresses for servers that all use the same ports. */
export interface Network {
  /** A place that no server was at before. */
  place(): Promise<Place>;
  close(): Promise<void>;
}

const HTTP_PORT = 8500;

/** Addresses of the loopback network that no other run uses. */
export function loopback(): Network {
  const byte = () => 1 + Math.floor(Math.random() * 254);
  const prefix = `127.${byte()}.${byte()}`;
  let last = 0;
  return {
    async place() {
      const address = `${prefix}.${++last}`;
      return {
        address,
        wrapper: [],
        http: () => ({ endpoint: { url: `http://${address}:${HTTP_PORT}` }, config: { client_addr: address } }),
      };
    },
    async close() {
      // Nothing was made.
    },
  };
}
