import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { z } from "zod";
import { readBody } from "../../../src/http/body.ts";
import { nearest } from "../../../src/http/catalog-query.ts";
import { many, one, READ_QUERY } from "../../../src/http/query-schema.ts";
import { defineRoute, json, reply, text } from "../../../src/http/route.ts";
import { Refusal } from "../../../src/lib/refusal.ts";
import { type AgentOptions, ForwardAgent } from "../../support/forward-rig.ts";

// Agents on real sockets that pass requests on to servers.

const MIB = 1024 * 1024;
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

const encoder = new TextEncoder();
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
    async handle({ raw, params, askedNode, remoteAddress }, { state }: Deps) {
      const body = await readBody(raw, 8 * MIB);
      state.puts++;
      state.seen = { askedNode, address: remoteAddress(), headers: raw.headers.toJSON(), url: raw.url };
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

function agent(name: string, role: "client" | "server", options: AgentOptions = {}): ForwardAgent {
  const state: State = {
    ...{ name, value: "v", index: 7, puts: 0, aborted: 0, streams: [], cancelled: 0, seen: {}, hold: undefined },
  };
  const near = { sort: <T>(items: T[], node: string) => [...items, node as T] };
  const made = new ForwardAgent(name, role, routes, { state, near } satisfies Deps, options);
  agents.push(made);
  states.set(made, state);
  return made;
}
const server = (name: string, options: AgentOptions = {}) => agent(name, "server", options).serve();
const stateOf = (of: ForwardAgent): State => states.get(of) as State;

async function until(condition: () => boolean): Promise<void> {
  const untilMs = performance.now() + WAIT_MS_MAX;
  while (!condition()) {
    if (performance.now() > untilMs) throw new Error("waited too long");
    await Bun.sleep(1);
  }
}

let s1: ForwardAgent;
let s2: ForwardAgent;
let client: ForwardAgent;

beforeEach(async () => {
  [s1, s2] = await Promise.all([server("s1"), server("s2")]);
  client = agent("c", "client");
  client.knows("dc1", s1, s2);
});

const outcomeOf = async (response: Response) => [
  response.status,
  response.headers.get("x-muster-outcome"),
  await response.text(),
];

describe("a client agent", () => {
  test("gives a server's answers as that gives them: body, status, headers", async () => {
    for (const path of [
      "/v1/kv/a%2Fb?stale",
      "/v1/kv/none",
      "/v1/kv/a?pretty",
      "/v1/kv/bad",
      "/v1/kv/a?index=x",
      "/v1/kv/é",
    ]) {
      const [direct, through] = await Promise.all([s1.fetch(path), client.fetch(path)]);
      const headers = (of: Response) => ({ ...of.headers.toJSON(), date: "" });
      expect([path, through.status, headers(through)]).toEqual([path, direct.status, headers(direct)]);
      expect(await through.text()).toBe(await direct.text());
    }
  });

  test("says itself what is wrong with a path or a method", async () => {
    client.knows("dc1");
    expect((await client.fetch("/v1/nothing")).status).toBe(404);
    expect((await client.fetch("/v1/nodes", { method: "DELETE" })).status).toBe(405);
    expect((await client.fetch("/v1//nodes", { redirect: "manual" })).status).toBe(301);
    expect(await (await client.fetch("/v1/query")).text()).toContain("not in this version");
  });

  test("passes on who asked it, and what was sent", async () => {
    const headers = { "x-consul-token": "secret", "x-forwarded-for": "10.1.2.3", connection: "close" };
    const response = await client.fetch("/v1/kv/a?flags=1", { method: "PUT", body: "hello", headers });
    expect(await response.json()).toEqual({ bytes: 5, hash: Bun.hash.crc32("hello"), by: "s1" });
    const {
      askedNode,
      address,
      url,
      headers: seen,
    } = stateOf(s1).seen as { headers: Record<string, string> } & State["seen"];
    expect([askedNode, address]).toEqual(["c", "127.0.0.1"]);
    expect(url).toEndWith("/v1/kv/a?flags=1");
    expect(seen).toMatchObject({ "x-consul-token": "secret", "x-forwarded-for": "10.1.2.3", "content-length": "5" });
    expect(seen.connection ?? seen.host).toBeUndefined();
  });

  test("answers what is its own, whatever the datacenter, and no server answers that for another", async () => {
    expect(await (await client.fetch("/v1/agent/self?dc=nope")).json()).toBe("c");
    expect(await (await client.fetch("/v1/event/fire?dc=dc1", { method: "PUT" })).json()).toBe("c");
  });

  test("answers nothing that is about one server, and has no other do it", async () => {
    const response = await client.fetch("/v1/recover", { method: "POST" });
    expect([response.status, await response.text()]).toEqual([
      400,
      "this must be asked of the server that it is about: this agent is none",
    ]);
    expect(await (await s1.fetch("/v1/recover", { method: "POST" })).json()).toBe("s1");
  });

  test("is the node that is meant by near=_agent, and not one that another asked for before", async () => {
    const other = agent("other", "client");
    other.knows("dc1", s1);
    const near = async (of: ForwardAgent) => await (await of.fetch("/v1/nodes?near=_agent")).json();
    expect([await near(client), await near(other), await near(client)]).toEqual([
      ["x", "c"],
      ["x", "other"],
      ["x", "c"],
    ]);
  });

  test("adds the headers of its own configuration, and not those of the server's", async () => {
    client.settings = { ...client.settings, responseHeaders: { "X-Own": "client" } };
    s1.settings = { ...s1.settings, responseHeaders: { "X-Own": "server", "X-Server": "1" } };
    for (let round = 0; round < 2; round++) {
      await s1.fetch("/v1/kv/a");
      const { headers } = await client.fetch("/v1/kv/a");
      expect([headers.get("x-own"), headers.get("x-server")]).toEqual(["client", null]);
    }
  });

  test("holds to its own rules of who may write, what is blocked, and what is pretty; the server's are of its own callers", async () => {
    s1.settings = { ...s1.settings, mayWrite: () => false, blockedEndpoints: ["/v1/kv"], waitingPerClientMax: 1 };
    expect((await client.fetch("/v1/kv/a", { method: "PUT", body: "x" })).status).toBe(200);
    client.settings = { ...client.settings, alwaysPretty: true };
    expect(await (await client.fetch("/v1/kv/a")).text()).toBe('[\n    "a",\n    "s1",\n    "v"\n]\n');
    client.settings = { ...client.settings, mayWrite: () => false };
    expect((await client.fetch("/v1/kv/a", { method: "PUT", body: "x" })).status).toBe(403);
    client.settings = { ...client.settings, blockedEndpoints: ["/v1/kv"] };
    expect((await client.fetch("/v1/kv/a")).status).toBe(403);
  });

  test("asks for stale answers where its own discovery_max_stale says so", async () => {
    const consistency = async () => (await client.fetch("/v1/nodes")).headers.get("x-consul-effective-consistency");
    expect(await consistency()).toBe("leader");
    const { waitLimits } = client.settings;
    client.settings = { ...client.settings, waitLimits: { ...waitLimits, discoveryMaxStaleMs: 5000 } };
    expect(await consistency()).toBe("stale");
  });

  test("limits how many requests of one caller wait, and the server doesn't count them again", async () => {
    client.settings = { ...client.settings, waitingPerClientMax: 2 };
    s1.settings = { ...s1.settings, waitingPerClientMax: 1 };
    const controller = new AbortController();
    const waiting = [1, 2].map((at) =>
      client.fetch(`/v1/kv/${at}?index=7`, { signal: controller.signal }).catch(() => 0),
    );
    await until(() => client.held.length === 2);
    const third = await client.fetch("/v1/kv/3?index=7");
    expect([third.status, await third.text()]).toEqual([
      429,
      "too many waiting requests from this client: limits.http_max_conns_per_client is 2",
    ]);
    expect((await client.fetch("/v1/kv/3")).status).toBe(200);
    controller.abort();
    await Promise.all(waiting);
    await until(() => client.held.filter((what) => what === "release").length >= 3);
    stateOf(s1).index = 8;
    expect((await client.fetch("/v1/kv/4?index=7")).status).toBe(200);
  });
});

describe("a wait", () => {
  test("ends at once when the state of the server changes", async () => {
    const waiting = client.fetch("/v1/kv/a?index=7");
    await until(() => client.held.length === 1);
    await Bun.sleep(20);
    Object.assign(stateOf(s1), { value: "new", index: 8 });
    s1.publisher.publish(new Set(["kv"]), 8);
    const answer = await waiting;
    expect([answer.headers.get("x-consul-index"), await answer.json()]).toEqual(["8", ["a", "s1", "new"]]);
    expect(client.held).toEqual(["hold", "release"]);
  });

  test("ends at the server when its caller goes away", async () => {
    const controller = new AbortController();
    const waiting = client.fetch("/v1/hang", { signal: controller.signal }).catch((error: Error) => error.name);
    await until(() => s1.guests === 1);
    await Bun.sleep(20);
    controller.abort();
    expect(await waiting).toBe("AbortError");
    await until(() => stateOf(s1).aborted === 1);
    expect(stateOf(s2).aborted).toBe(0);
  });

  test("ends at the server when the agent that passed it on dies", async () => {
    const waiting = client.fetch("/v1/hang").catch(() => undefined);
    await until(() => s1.guests === 1);
    await Bun.sleep(20);
    await client.stop();
    await waiting;
    await until(() => stateOf(s1).aborted === 1);
  });
});

describe("bodies of megabytes", () => {
  const body = new Uint8Array(5 * MIB).map((_, at) => at * 7);

  test("come whole both ways", async () => {
    const put = await client.fetch("/v1/kv/big", { method: "PUT", body });
    expect(await put.json()).toEqual({ bytes: body.length, hash: Bun.hash.crc32(body), by: "s1" });
    const got = await client.fetch(`/v1/bytes/${5 * MIB + 1}`);
    expect((await got.bytes()).length).toBe(5 * MIB + 1);
    await until(() => client.held.filter((what) => what === "release").length === 2);
  });

  test("come in chunks of unknown length, too", async () => {
    let left = 50;
    const chunked = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (left-- > 0) controller.enqueue(body.subarray(0, 100_000));
        else controller.close();
      },
    });
    const put = await client.fetch("/v1/kv/big", { method: "PUT", body: chunked });
    expect(await put.json()).toMatchObject({ bytes: 5_000_000 });
  });

  test("at the bounds of a part come whole", async () => {
    for (const size of [0, 1, 524_287, 524_288, 524_289, MIB]) {
      const put = await client.fetch("/v1/kv/big", { method: "PUT", body: body.subarray(0, size) });
      expect(await put.json()).toMatchObject({ bytes: size, hash: Bun.hash.crc32(body.subarray(0, size)) });
      expect((await (await client.fetch(`/v1/bytes/${size}`)).bytes()).length).toBe(size);
    }
  });

  test("that a server refuses before it has all of them are answered as it says", async () => {
    const put = await client.fetch("/v1/kv/big", { method: "PUT", body: new Uint8Array(9 * MIB) });
    expect([put.status, await put.text()]).toEqual([413, `Request body(${9 * MIB} bytes) too large`]);
  });

  test("that break off are no requests", async () => {
    const broken = new ReadableStream<Uint8Array>({
      async pull(controller) {
        controller.enqueue(body.subarray(0, MIB));
        await Bun.sleep(5);
        if (s1.guests > 0) controller.error(new Error("gone"));
      },
    });
    await client.fetch("/v1/kv/big", { method: "PUT", body: broken }).catch(() => undefined);
    await client.fetch("/v1/kv/a");
    expect(stateOf(s1).puts).toBe(0);
  });
});

describe("streams", () => {
  const event = (of: ForwardAgent, words: string) => stateOf(of).streams[0]?.enqueue(encoder.encode(words));

  test("come as they are sent, and their end", async () => {
    const response = await client.fetch("/v1/stream?topic=a");
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    expect(await reader?.read()).toEqual({ done: false, value: ": connected\n\n" });
    event(s1, "data: 1\n\n");
    expect(await reader?.read()).toEqual({ done: false, value: "data: 1\n\n" });
    event(s1, "data: 2\n\n");
    expect(await reader?.read()).toEqual({ done: false, value: "data: 2\n\n" });
    stateOf(s1).streams[0]?.close();
    expect((await reader?.read())?.done).toBe(true);
    await until(() => client.held.includes("release"));
  });

  test("end at the server when their reader goes away", async () => {
    const controller = new AbortController();
    const response = await client.fetch("/v1/stream", { signal: controller.signal });
    event(s1, "data: 1\n\n");
    await response.body?.getReader().read();
    controller.abort();
    await until(() => stateOf(s1).cancelled === 1);
  });

  test("end at the server when the agent in between dies", async () => {
    const response = await client.fetch("/v1/stream");
    event(s1, "data: 1\n\n");
    await response.body?.getReader().read();
    await client.stop();
    await until(() => stateOf(s1).cancelled === 1);
  });

  test("are cut for their reader when the server dies", async () => {
    const response = await client.fetch("/v1/stream");
    event(s1, "data: 1\n\n");
    const reader = response.body?.getReader();
    await reader?.read();
    await s1.die();
    const rest = await reader?.read().catch((error: Error) => error);
    expect(rest).toBeInstanceOf(Error);
  });

  test("that nobody reads hold the server's hand, and fill no memory", async () => {
    const response = await client.fetch("/v1/stream");
    const [controller] = stateOf(s1).streams;
    const chunk = new Uint8Array(256 * 1024);
    let sent = 0;
    const pump = setInterval(() => {
      while (sent < 400 && (controller?.desiredSize ?? 0) > 0) {
        controller?.enqueue(chunk);
        sent++;
      }
    }, 1);
    await Bun.sleep(90);
    for (let before = -1; before !== sent; await Bun.sleep(90)) before = sent;
    expect(sent).toBeLessThan(200);
    const reader = response.body?.getReader();
    let bytes = 0;
    while (bytes < 400 * chunk.length) bytes += (await reader?.read())?.value?.length ?? 0;
    clearInterval(pump);
    expect(sent).toBe(400);
    await reader?.cancel();
    await until(() => stateOf(s1).cancelled === 1);
  });
});

describe("a server that is lost", () => {
  test("while it executes a read: another one is asked", async () => {
    const waiting = client.fetch("/v1/kv/a?index=7");
    await until(() => s1.guests === 1);
    await Bun.sleep(20);
    stateOf(s2).index = 9;
    await s1.die();
    expect(await (await waiting).json()).toEqual(["a", "s2", "v"]);
  });

  test("while it executes a write: what became of that is unknown, and nobody else is asked", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    stateOf(s1).hold = promise;
    const waiting = client.fetch("/v1/kv/a", { method: "PUT", body: "x" });
    await until(() => stateOf(s1).puts === 1);
    await s1.die();
    const [status, outcome, words] = await outcomeOf(await waiting);
    expect([status, outcome]).toEqual([500, "unknown"]);
    expect(words).toStartWith("rpc error making call: call of http.open: ");
    expect(stateOf(s2).puts).toBe(0);
    resolve();
  });

  test("before it was asked: the next one is, for writes of any length, too", async () => {
    await s1.die();
    for (const body of ["x", new Uint8Array(2 * MIB)]) {
      expect(await (await client.fetch("/v1/kv/a", { method: "PUT", body })).json()).toMatchObject({ by: "s2" });
    }
    expect(await (await client.fetch("/v1/kv/a")).json()).toEqual(["a", "s2", "v"]);
  });

  test("by stopping in order: it answers what it has begun, and the next requests go elsewhere", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    stateOf(s1).hold = promise;
    const put = client.fetch("/v1/kv/a", { method: "PUT", body: "x" });
    await until(() => stateOf(s1).puts === 1);
    const stopped = s1.die(5000);
    expect(await (await client.fetch("/v1/kv/a")).json()).toEqual(["a", "s2", "v"]);
    resolve();
    expect(await (await put).json()).toMatchObject({ by: "s1" });
    await stopped;
  });

  test("and all others with it: the answer says so, and that a write was certainly not done", async () => {
    await Promise.all([s1.die(), s2.die()]);
    const [status, outcome, words] = await outcomeOf(await client.fetch("/v1/kv/a", { method: "PUT", body: "x" }));
    expect([status, outcome]).toEqual([500, "refused"]);
    expect(words).toStartWith('rpc error getting client: server "name-s');
    client.knows("dc1");
    const read = await client.fetch("/v1/kv/a");
    expect(await read.text()).toBe("No known Consul servers");
    expect(read.headers.get("x-consul-knownleader")).toBe("false");
  });
});

describe("another datacenter", () => {
  let far: ForwardAgent;
  beforeEach(async () => {
    far = await server("far", { datacenter: "dc2" });
    for (const near of [s1, s2]) near.knows("dc2", far);
  });

  test("is asked by a server, however its name is written", async () => {
    expect(await (await s1.fetch("/v1/kv/a?dc=DC2")).json()).toEqual(["a", "far", "v"]);
    expect(await (await s1.fetch("/v1/kv/a?dc=DC1")).json()).toEqual(["a", "s1", "v"]);
    expect(far.guests).toBe(1);
  });

  test("is asked by a client agent through a server of its own", async () => {
    const put = await client.fetch("/v1/kv/a?dc=dc2", { method: "PUT", body: "x" });
    expect(await put.json()).toMatchObject({ by: "far" });
    expect(stateOf(far).seen).toMatchObject({ askedNode: "c", address: "127.0.0.1" });
    expect(await (await client.fetch("/v1/event/fire?dc=dc2", { method: "PUT" })).json()).toBe("far");
  });

  test("wakes who waits, sends streams, and takes bodies of megabytes through both", async () => {
    const waiting = client.fetch("/v1/kv/a?dc=dc2&index=7");
    await until(() => far.guests === 1);
    await Bun.sleep(20);
    Object.assign(stateOf(far), { value: "new", index: 8 });
    far.publisher.publish(new Set(["kv"]), 8);
    expect(await (await waiting).json()).toEqual(["a", "far", "new"]);
    const body = new Uint8Array(3 * MIB).fill(3);
    const put = await client.fetch("/v1/kv/a?dc=dc2", { method: "PUT", body });
    expect(await put.json()).toEqual({ bytes: body.length, hash: Bun.hash.crc32(body), by: "far" });
    expect((await (await client.fetch(`/v1/bytes/${3 * MIB}?dc=dc2`)).bytes()).length).toBe(3 * MIB);
    const controller = new AbortController();
    const stream = await client.fetch("/v1/stream?dc=dc2", { signal: controller.signal });
    expect((await stream.body?.getReader().read())?.value?.length).toBe(13);
    controller.abort();
    await until(() => stateOf(far).cancelled === 1);
  });

  test("is named in a registration's body, and not by ?dc= (observed, Consul 1.8.7)", async () => {
    const register = async (dc: string, datacenter: string) => {
      const body = JSON.stringify({ Node: "n", Datacenter: datacenter });
      return await (await client.fetch(`/v1/catalog/register?dc=${dc}`, { method: "PUT", body })).text();
    };
    expect(JSON.parse(await register("nope", "dc2"))).toEqual({ body: { Node: "n", Datacenter: "dc2" }, by: "far" });
    expect(JSON.parse(await register("nope", ""))).toMatchObject({ by: "s1" });
    expect(await register("dc2", "nope")).toBe("No path to datacenter");
  });

  test("is in Consul's words when there is none of that name, or none of its servers is there", async () => {
    for (const asked of [s1, client]) {
      const response = await asked.fetch("/v1/kv/a?dc=nope");
      expect(await outcomeOf(response)).toEqual([500, null, "No path to datacenter"]);
      expect(response.headers.get("x-consul-index")).toBe("1");
      const put = await asked.fetch("/v1/kv/a?dc=nope", { method: "PUT", body: "x" });
      expect(await outcomeOf(put)).toEqual([500, null, "No path to datacenter"]);
    }
    s1.knows("dc2");
    expect(await (await s1.fetch("/v1/kv/a?dc=dc2")).text()).toBe("Remote DC has no server currently reachable");
  });

  test("never sends a request on: each goes over at most two nodes", async () => {
    // Each believes the other's datacenter to be at the other: a configuration gone wrong.
    s1.knows("dc3", far);
    far.knows("dc3", s1);
    expect(await (await client.fetch("/v1/kv/a?dc=dc3")).text()).toBe("No path to datacenter");
    expect(await (await s1.fetch("/v1/kv/a?dc=dc3")).text()).toBe("No path to datacenter");
  });
});
