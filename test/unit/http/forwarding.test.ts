import { beforeEach, describe, expect, test } from "bun:test";
import { agent, encoder, MIB, server, stateOf, until } from "../../support/forward-cluster.ts";
import type { ForwardAgent } from "../../support/forward-rig.ts";

let s1: ForwardAgent;
let s2: ForwardAgent;
let client: ForwardAgent;

beforeEach(async () => {
  [s1, s2] = await Promise.all([server("s1"), server("s2")]);
  client = agent("c", "client");
  client.knows("dc1", s1, s2);
});

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
    expect(await (await client.fetch("/v1/connect/intentions")).text()).toContain("not in this version");
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
    } = stateOf(s1).seen as Record<string, unknown> & { headers: Record<string, string> };
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

  test("takes bodies as large as both its own configuration and the server's allow", async () => {
    client.settings = { ...client.settings, bodyLimits: { kvValueBytesMax: 10, txnBytesMax: 1000 } };
    s1.settings = { ...s1.settings, bodyLimits: { kvValueBytesMax: 100, txnBytesMax: 100 } };
    client.knows("dc1", s1);
    await client.fetch("/v1/kv/a", { method: "PUT", body: "x" });
    expect(stateOf(s1).seen.bodyLimits).toEqual({ kvValueBytesMax: 10, txnBytesMax: 100 });
    await s1.fetch("/v1/kv/a", { method: "PUT", body: "x" });
    expect(stateOf(s1).seen.bodyLimits).toEqual({ kvValueBytesMax: 100, txnBytesMax: 100 });
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
