import type { HttpApp } from "../http/app.ts";
import type { Forwarded } from "../http/elsewhere.ts";

/** Nobody's: requests of this agent itself have no host that is asked. */
const ORIGIN = "http://agent.invalid";

type OwnRequest = Readonly<{
  method?: string;
  body?: Uint8Array<ArrayBuffer>;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}>;

/** What the configuration says of callers does not hold for the agent itself. */
export function ownRequest(node: string): Forwarded {
  return { hops: 0, node, pretty: false, discoveryMaxStaleMs: 0, ignoresCached: true };
}

/** A request of this agent to its own API, which on a client agent a server answers. `asker`: this node by name, or all that it says of itself. */
export async function askSelf(
  app: HttpApp,
  asker: string | Forwarded,
  path: string,
  init: OwnRequest = {},
): Promise<Response> {
  return await app.fetch(new Request(ORIGIN + path, init), {
    remoteAddress: () => "",
    holdOpen: () => undefined,
    release: () => undefined,
    forwarded: typeof asker === "string" ? ownRequest(asker) : asker,
  });
}
