import { beforeEach, describe, expect, test } from "bun:test";
import { z } from "zod";
import type { HttpApp } from "../../../src/http/app.ts";
import type { Connection } from "../../../src/http/deps.ts";
import {
  type OpenAnswer,
  type OpenRequest,
  PART_BYTES_MAX,
  type ReadAnswer,
} from "../../../src/http/forward-protocol.ts";
import { type Forwarder, forwardedMethods } from "../../../src/http/forwarded.ts";
import { toResponse } from "../../../src/http/respond.ts";
import { defineRoute, EMPTY, json } from "../../../src/http/route.ts";
import { Refusal } from "../../../src/lib/refusal.ts";
import { failureOf } from "../../support/failure-of.ts";
import { httpRig, SETTINGS } from "../../support/http-rig.ts";
import { ManualClock, settle } from "../../support/manual-clock.ts";

let clock: ManualClock;
let gone: AbortController;
let rooms: number;
let connections: Connection[];
let answer: (raw: Request) => Response | Promise<Response>;
let from: Forwarder;

beforeEach(() => {
  clock = new ManualClock();
  gone = new AbortController();
  rooms = 0;
  connections = [];
  answer = () => new Response("hi");
  from = forwarder("client");
});

const forwarder = (role: "client" | "server"): Forwarder => ({
  hello: { role, nodeName: "asking" },
  gone: gone.signal,
  room() {
    rooms++;
    return undefined;
  },
});

const app: HttpApp = {
  fetch(raw, connection) {
    connections.push(connection);
    return answer(raw);
  },
};

function served() {
  const { methods, continuing } = forwardedMethods(app, clock);
  const all = { ...methods, ...continuing };
  return (method: string, argument: unknown, signal = new AbortController().signal) =>
    all[`http.${method}`]?.(argument, from, signal) ?? Promise.reject(new Error(method));
}

const opened = (change: Partial<OpenRequest> = {}): OpenRequest => ({
  ...{ id: 1, more: false, method: "GET", target: "/v1/kv/a?raw", headers: { "x-a": "1" }, address: "10.0.0.9" },
  ...{ hops: 1, node: "origin", pretty: false, discoveryMaxStaleMs: 0, ignoresCached: false },
  ...change,
});

/** A stream, and what feeds it. */
function fed() {
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  const state = { cancelled: false };
  const stream = new ReadableStream<Uint8Array>({
    start: (each) => {
      controller = each;
    },
    cancel: () => {
      state.cancelled = true;
    },
  });
  return {
    response: () => toResponse({ status: 200, headers: {}, body: stream }),
    send: (text: string) => controller?.enqueue(Buffer.from(text)),
    close: () => controller?.close(),
    fail: () => controller?.error(new Error("disk on fire")),
    state,
  };
}

const textOf = ({ body }: OpenAnswer | ReadAnswer) => (body === undefined ? undefined : Buffer.from(body).toString());

describe("a request that another agent passed on", () => {
  test("comes to the edge as it was, and the answer goes back whole", async () => {
    let seen: Request | undefined;
    answer = (raw) => {
      seen = raw;
      return new Response("hi", { status: 404, headers: { "x-b": "2", connection: "close" } });
    };
    const result = (await served()("open", opened())) as OpenAnswer;
    expect([seen?.method, seen?.headers.get("x-a"), new URL(seen?.url ?? "").pathname]).toEqual([
      "GET",
      "1",
      "/v1/kv/a",
    ]);
    expect([result.status, result.headers["X-B"], result.headers.Connection, textOf(result), result.more]).toEqual([
      ...[404, "2", undefined, "hi", false],
    ]);
    expect(rooms).toBe(1);
  });

  test("is answered under the names of headers that Go gives them: some read them as they are written", async () => {
    answer = () =>
      new Response("", { headers: { "x-consul-index": "7", "Content-Type": "a", "X-Consul-KnownLeader": "b" } });
    const { headers } = (await served()("open", opened())) as OpenAnswer;
    expect(headers).toEqual({ "X-Consul-Index": "7", "Content-Type": "a", "X-Consul-Knownleader": "b" });
  });

  test("speaks for the client agent's own node, and from a server for the node that asked that", async () => {
    await served()("open", opened());
    from = forwarder("server");
    await served()("open", opened({ hops: 2 }));
    expect(connections.map((each) => [each.remoteAddress(), each.forwarded?.node, each.forwarded?.hops])).toEqual([
      ["10.0.0.9", "asking", 1],
      ["10.0.0.9", "origin", 2],
    ]);
  });

  test("that makes no sense is refused, and nothing is executed", async () => {
    const bad: unknown[] = [
      ...[undefined, 1, {}, { ...opened(), target: "v1" }, { ...opened(), hops: 3 }, { ...opened(), hops: 0 }],
      ...[
        { ...opened(), headers: { "a b": "x" } },
        { ...opened(), headers: { a: "x\ny" } },
        { ...opened(), id: -1 },
      ],
      ...[
        { ...opened(), body: new Uint8Array(PART_BYTES_MAX + 1) },
        { ...opened(), method: "G T" },
      ],
      { ...opened(), target: `/${"x".repeat(70_000)}` },
    ];
    const call = served();
    for (const argument of bad) {
      const error = (await failureOf(call("open", argument))) as Refusal;
      expect(error).toBeInstanceOf(Refusal);
      expect(error.status).toBe(400);
    }
    expect(connections).toEqual([]);
  });

  test("is not one of what only the agent that is asked answers: its rules hold for nobody else", async () => {
    const route = { summary: "", query: z.object({}), answer: z.unknown(), acl: "none" } as const;
    let left = 0;
    const leave = defineRoute({
      ...{ ...route, method: "PUT", path: "/v1/agent/leave", answeredBy: "agent" },
      handle() {
        left++;
        return EMPTY;
      },
    });
    const own = defineRoute({ ...route, method: "GET", path: "/v1/own", answeredBy: "agent", handle: () => json(1) });
    const fire = defineRoute({
      ...route,
      method: "PUT",
      path: "/v1/fire",
      answeredBy: "member",
      handle: () => json(2),
    });
    const { app: edge } = httpRig([leave, own, fire], {}, { settings: { ...SETTINGS, mayWrite: () => false } });
    answer = (raw) => edge.fetch(raw, connections.at(-1) as Connection);
    const statusOf = async (method: string, target: string) =>
      ((await served()("open", opened({ method, target }))) as OpenAnswer).status;
    expect(await statusOf("PUT", "/v1/agent/leave")).toBe(403);
    expect(await statusOf("GET", "/v1/own")).toBe(403);
    expect(await statusOf("PUT", "/v1/fire")).toBe(200);
    expect(left).toBe(0);
  });
});

describe("an answer", () => {
  test("that is longer than a part is fetched in parts, and then nothing of it is left", async () => {
    const body = new Uint8Array(2 * PART_BYTES_MAX + 5).map((_, at) => at);
    answer = () => new Response(body);
    const call = served();
    const parts: (OpenAnswer | ReadAnswer)[] = [(await call("open", opened())) as OpenAnswer];
    while (parts.at(-1)?.more) parts.push((await call("read", { id: 1 })) as ReadAnswer);
    expect(parts.map((part) => part.body?.length)).toEqual([PART_BYTES_MAX, PART_BYTES_MAX, 5]);
    expect(Bun.hash.crc32(Bun.concatArrayBuffers(parts.flatMap((part) => part.body ?? [])))).toBe(Bun.hash.crc32(body));
    expect((await failureOf(call("read", { id: 1 }))).message).toBe("nothing is left of this answer");
    expect(clock.pendingMs).toEqual([]);
  });

  test("that streams begins with its headers; each part is waited for, and none comes when that takes long", async () => {
    const { response, send, close } = fed();
    answer = response;
    const call = served();
    expect(await call("open", opened())).toMatchObject({ more: true, status: 200 });
    const first = call("read", { id: 1 });
    send("a");
    expect(textOf((await first) as ReadAnswer)).toBe("a");
    const second = call("read", { id: 1 });
    await settle();
    clock.advance(31_000);
    expect(await second).toEqual({ more: true });
    // What was begun to be read is not lost.
    send("b");
    expect(textOf((await call("read", { id: 1 })) as ReadAnswer)).toBe("b");
    close();
    expect(await call("read", { id: 1 })).toEqual({ more: false });
    expect(clock.pendingMs).toEqual([]);
  });

  test("is over for everybody when it breaks off, when it is closed, when nobody fetches it, and when the agent is gone", async () => {
    const call = served();
    const streams = ["a", "b", "c", "d"].map(() => fed());
    for (const [id, { response }] of streams.entries()) {
      answer = response;
      await call("open", opened({ id }));
    }
    streams[0]?.fail();
    expect((await failureOf(call("read", { id: 0 }))).message).toBe("the answer breaks off");
    await call("close", { id: 1 });
    expect(streams[1]?.state.cancelled).toBe(true);
    await call("close", { id: 1 });
    clock.advance(200_000);
    streams[3]?.send("x");
    await call("read", { id: 3 });
    clock.advance(200_000);
    await settle();
    expect([streams[2]?.state.cancelled, streams[3]?.state.cancelled]).toEqual([true, false]);
    gone.abort();
    await settle();
    expect(streams[3]?.state.cancelled).toBe(true);
    for (const id of [0, 1, 2, 3]) expect(await failureOf(call("read", { id }))).toBeInstanceOf(Refusal);
    expect(clock.pendingMs).toEqual([]);
  });

  test("whose number is in use for another is refused, and that one goes on", async () => {
    const [one, two] = [fed(), fed()];
    const call = served();
    answer = one.response;
    await call("open", opened());
    answer = two.response;
    const error = (await failureOf(call("open", opened()))) as Refusal;
    expect([error.status, two.state.cancelled]).toEqual([400, true]);
    one.send("a");
    expect(textOf((await call("read", { id: 1 })) as ReadAnswer)).toBe("a");
    gone.abort();
    expect(clock.pendingMs).toEqual([]);
  });

  test("that nobody waits for any more is not begun", async () => {
    const { response, state } = fed();
    const controller = new AbortController();
    answer = () => {
      controller.abort();
      return response();
    };
    await failureOf(served()("open", opened(), controller.signal));
    await settle();
    expect(state.cancelled).toBe(true);
    expect(clock.pendingMs).toEqual([]);
  });

  test("is one of at most 2,048 of an agent that come in parts", async () => {
    answer = () => fed().response();
    const call = served();
    for (let id = 0; id < 2048; id++) await call("open", opened({ id }));
    const { message } = await failureOf(call("open", opened({ id: 2048 })));
    expect(message).toBe("2048 requests of this agent are under way in parts already");
    await call("close", { id: 7 });
    await call("open", opened({ id: 2049 }));
    gone.abort();
    expect(clock.pendingMs).toEqual([]);
  });
});

describe("a body in parts", () => {
  const put = (change: Partial<OpenRequest> = {}) =>
    opened({ method: "PUT", more: true, body: new Uint8Array(Buffer.from("one ")), ...change });
  const part = (text: string, isLast = false) => ({ id: 1, body: new Uint8Array(Buffer.from(text)), isLast });

  test("is read as it comes; the next part is wanted when the one before was read", async () => {
    answer = async (raw) => new Response(await raw.text());
    const call = served();
    const opening = call("open", put());
    expect(await call("write", part("two "))).toBe(true);
    expect(await call("write", part("three", true))).toBe(false);
    expect(textOf((await opening) as OpenAnswer)).toBe("one two three");
    expect(clock.pendingMs).toEqual([]);
  });

  test("is not read on when its request is answered before", async () => {
    const { promise, resolve } = Promise.withResolvers<Response>();
    answer = () => promise;
    const call = served();
    const opening = call("open", put());
    const writing = call("write", part("two "));
    resolve(new Response("too large", { status: 413 }));
    expect(((await opening) as OpenAnswer).status).toBe(413);
    expect(await writing).toBe(false);
    expect(await call("write", part("three"))).toBe(false);
  });

  const broken = async (breaks: (call: ReturnType<typeof served>, controller: AbortController) => unknown) => {
    answer = async (raw) => new Response(await raw.text().catch((error: Error) => `broken: ${error.message}`));
    const controller = new AbortController();
    const call = served();
    const opening = call("open", put({ headers: { "content-length": "10" } }), controller.signal);
    await settle();
    await breaks(call, controller);
    const result = textOf((await opening) as OpenAnswer);
    expect(clock.pendingMs).toEqual([]);
    return result;
  };

  test("breaks off when the rest does not come", async () => {
    const minute = () => {
      clock.advance(61_000);
    };
    expect(await broken(minute)).toBe("broken: the rest of the body did not come");
  });

  test("breaks off when it is longer than was announced", async () => {
    expect(await broken((call) => call("write", part("two three")))).toBe(
      "broken: the body is longer than was announced",
    );
  });

  test("breaks off when the request is given up, and when the agent is gone", async () => {
    expect(await broken((call) => call("close", { id: 1 }))).toBe("broken: the request was given up");
    expect(await broken(() => gone.abort())).toBe("broken: the request was given up");
    gone = new AbortController();
    from = forwarder("client");
    expect(await broken((_, controller) => controller.abort())).toStartWith("broken: ");
  });
});
