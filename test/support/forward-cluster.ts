import { afterEach } from "bun:test";
import { z } from "zod";
import { readBody } from "../../src/http/body.ts";
import { nearest } from "../../src/http/catalog-query.ts";
import { many, one, READ_QUERY } from "../../src/http/query-schema.ts";
import { defineRoute, json, reply, text } from "../../src/http/route.ts";
import { Refusal } from "../../src/lib/refusal.ts";
import { type AgentOptions, ForwardAgent } from "./forward-rig.ts";

// Agents on real sockets that pass requests on to servers; all are stopped after each test.

export const MIB = 1024 * 1024;
const WAIT_MS_MAX = 20_000;

/** What one server has, and what was done there. */
interface State {
  name: string;
  value: string;
  index: number;
  puts: number;
  aborted: number;
  /** Controllers of the streams that it sends. */
  streams: ReadableStreamDefaultController<Uint8Array>[];
  cancelled: number;
  seen: Record<string, unknown>;
  hold: Promise<unknown> | undefined;
}
interface Deps {
  state: State;
  near: { sort<T>(items: T[], node: string): T[] };
}

export const encoder = new TextEncoder();
const basics = { summary: "", answer: z.unknown(), acl: "none" } as const;
const routes = [
  defineRoute({
    ...{ ...basics, method: "GET", path: "/v1/kv/:key{.*}", query: z.object(READ_QUERY), blocking: "index" },
    read: ({ params }, { state }: Deps) => {
      if (params.key === "bad") throw new Refusal("Missing key name", 400);
      const value = params.key === "none" ? reply({ status: 404 }) : [params.key, state.name, state.value];
      return { value, index: state.index, interest: { topics: ["kv"] } };
    },
  }),
  defineRoute({
    ...{ ...basics, method: "PUT", path: "/v1/kv/:key{.*}", query: z.object({ dc: one }) },
    async handle({ raw, params, askedNode, bodyLimits, remoteAddress }, { state }: Deps) {
      const body = await readBody(raw, 8 * MIB);
      state.puts++;
      state.seen = {
        askedNode,
        bodyLimits: bodyLimits(),
        address: remoteAddress(),
        headers: raw.headers.toJSON(),
        url: raw.url,
      };
      if (params.key === "refused") throw new Refusal("No cluster leader", 500, "refused");
      await state.hold;
      return json({ bytes: body.length, hash: Bun.hash.crc32(body), by: state.name });
    },
  }),
  defineRoute({
    ...{
      ...basics,
      method: "GET",
      path: "/v1/nodes",
      query: z.object({ ...READ_QUERY, near: one }),
      blocking: "index",
    },
    effectiveConsistency: true,
    fromAfar: (names) => (names as string[]).map((name) => `${name} from afar`),
    read: ({ query }, deps: Deps) =>
      nearest({ value: ["x"], index: 7, interest: { topics: [] } }, query.near, (node) => node, deps as never),
  }),
  defineRoute({
    ...{ ...basics, method: "GET", path: "/v1/bytes/:size", query: z.object({ dc: one }) },
    handle: ({ params }) => reply({ body: new Uint8Array(Number(params.size)).fill(7) }),
  }),
  defineRoute({
    ...{ ...basics, method: "GET", path: "/v1/hang", query: z.object({ dc: one }) },
    handle({ raw }, { state }: Deps) {
      return new Promise((resolve) => {
        raw.signal.addEventListener("abort", () => {
          state.aborted++;
          resolve(text("late"));
        });
      });
    },
  }),
  defineRoute({
    ...{ ...basics, method: "GET", path: "/v1/stream", query: z.object({ dc: one, topic: many }), isEndless: true },
    handle({ onClose }, { state }: Deps) {
      const end = onClose();
      const body = new ReadableStream<Uint8Array>({
        start(controller) {
          state.streams.push(controller);
          // The headers leave with the first bytes.
          controller.enqueue(encoder.encode(": connected\n\n"));
        },
        cancel() {
          state.cancelled++;
          end();
        },
      });
      return reply({ headers: { "content-type": "text/event-stream" }, body });
    },
  }),
  defineRoute({
    ...{ ...basics, method: "PUT", path: "/v1/catalog/register", query: z.object({ dc: one }), body: z.unknown() },
    datacenterOf: (body) => (body as { Datacenter?: string }).Datacenter ?? "",
    handle: ({ body }, { state }: Deps) => json({ body, by: state.name }),
  }),
  defineRoute({
    ...{ ...basics, method: "PUT", path: "/v1/of-primary", query: z.object({ dc: one }), body: z.unknown() },
    ofPrimary: true,
    handle: ({ body }, { state }: Deps) => json({ body, by: state.name }),
  }),
  defineRoute({
    ...{ ...basics, method: "GET", path: "/v1/agent/self", query: z.object({ dc: one }), answeredBy: "agent" },
    handle: (_, { state }: Deps) => json(state.name),
  }),
  defineRoute({
    ...{ ...basics, method: "POST", path: "/v1/recover", query: z.object({}), answeredBy: "server" },
    handle: (_, { state }: Deps) => json(state.name),
  }),
  defineRoute({
    ...{ ...basics, method: "PUT", path: "/v1/event/fire", query: z.object({ dc: one }), answeredBy: "member" },
    handle: (_, { state }: Deps) => json(state.name),
  }),
];

const agents: ForwardAgent[] = [];
const states = new Map<ForwardAgent, State>();
afterEach(async () => {
  await Promise.all(agents.splice(0).map((agent) => agent.stop()));
});

export function agent(name: string, role: "client" | "server", options: AgentOptions = {}): ForwardAgent {
  const state: State = {
    ...{ name, value: "v", index: 7, puts: 0, aborted: 0, streams: [], cancelled: 0, seen: {}, hold: undefined },
  };
  const near = { sort: <T>(items: T[], node: string) => [...items, node as T] };
  const made = new ForwardAgent(name, role, routes, { state, near } satisfies Deps, options);
  agents.push(made);
  states.set(made, state);
  return made;
}
export const server = (name: string, options: AgentOptions = {}) => agent(name, "server", options).serve();
export const stateOf = (of: ForwardAgent): State => states.get(of) as State;

export async function until(condition: () => boolean): Promise<void> {
  const untilMs = performance.now() + WAIT_MS_MAX;
  while (!condition()) {
    if (performance.now() > untilMs) throw new Error("waited too long");
    await Bun.sleep(1);
  }
}
