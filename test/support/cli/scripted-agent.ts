import { type Exchange, sameTarget } from "./golden.ts";

export interface ScriptedAgent {
  readonly address: string;
  /** `METHOD target body` of every request, in order of arrival. */
  readonly requests: string[];
  readonly unexpected: string[];
  stop(): Promise<void>;
}

/** An HTTP server that answers what was recorded. An exchange is used once; the last of its kind repeats. */
export function startScriptedAgent(exchanges: readonly Exchange[]): ScriptedAgent {
  const left = [...exchanges];
  const requests: string[] = [];
  const unexpected: string[] = [];
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    async fetch(request) {
      const target = request.url.slice(new URL(request.url).origin.length);
      requests.push(requestLine(request.method, target, await request.text()));
      const matches = (exchange: Exchange) =>
        exchange.method === request.method && sameTarget(exchange.target) === sameTarget(target);
      const at = left.findIndex(matches);
      const exchange = at === -1 ? exchanges.findLast(matches) : left.splice(at, 1)[0];
      if (exchange === undefined) {
        unexpected.push(`${request.method} ${target}`);
        return new Response("not recorded", { status: 599 });
      }
      return new Response(Buffer.from(exchange.answer, exchange.encoding ?? "utf8"), {
        status: exchange.status,
        headers: exchange.index === "" ? {} : { "X-Consul-Index": exchange.index },
      });
    },
  });
  return { address: `127.0.0.1:${server.port}`, requests, unexpected, stop: () => server.stop(true) };
}

/** One line for one request; a JSON body is compared by its value. */
export function requestLine(method: string, target: string, body: string): string {
  return `${method} ${sameTarget(target)} ${normalBody(body)}`.trimEnd();
}

function normalBody(body: string): string {
  try {
    const json: unknown = JSON.parse(body);
    return JSON.stringify(meaning(json));
  } catch {
    return body;
  }
}

/** Go can't tell an absent field from one of zero value, and a service's weights are 1 when absent. */
function meaning(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(meaning);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, item]) => [key, meaning(item)] as const)
      .filter(
        ([key, item]) => !isZero(item) && !(key === "Weights" && JSON.stringify(item) === '{"Passing":1,"Warning":1}'),
      )
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

function isZero(value: unknown): boolean {
  return value === null || value === "" || value === 0 || value === false || JSON.stringify(value) === "{}";
}
