import { beforeEach, describe, expect, test } from "bun:test";
import { agent, MIB, server, stateOf, until } from "../../support/forward-cluster.ts";
import type { ForwardAgent } from "../../support/forward-rig.ts";

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

  test("gives the addresses that lead there to agents that want them, and to no others", async () => {
    const nodes = async (of: ForwardAgent, dc: string) => await (await of.fetch(`/v1/nodes?dc=${dc}`)).json();
    const [own, afar] = [["x"], ["x from afar"]];
    expect([await nodes(client, "dc2"), await nodes(s1, "dc2")]).toEqual([own, own]);
    for (const asked of [client, s1, far]) asked.settings = { ...asked.settings, translatesWanAddresses: true };
    for (let round = 0; round < 2; round++) {
      expect([await nodes(client, "dc2"), await nodes(s1, "dc2"), await nodes(far, "dc2")]).toEqual([afar, afar, own]);
      expect([await nodes(client, "dc1"), await nodes(s2, "dc2")]).toEqual([own, own]);
    }
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

  test("answers what only the primary datacenter does, whatever ?dc= says, and datacenters that take each other for it refuse", async () => {
    const put = async (of: ForwardAgent, query = "") => {
      const answer = await of.fetch(`/v1/of-primary${query}`, { method: "PUT", body: '{"a":1}' });
      return answer.status === 200 ? ((await answer.json()) as { by: string }).by : await answer.text();
    };
    expect(["s1", "s2"]).toContain(await put(client));
    for (const near of [s1, s2]) near.settings = { ...near.settings, primaryDatacenter: "DC2" };
    far.settings = { ...far.settings, primaryDatacenter: "dc2" };
    expect([await put(s1), await put(client), await put(client, "?dc=nope"), await put(s2, "?dc=dc1")]).toEqual([
      ...["far", "far", "far", "far"],
    ]);
    far.knows("dc1", s1);
    far.settings = { ...far.settings, primaryDatacenter: "dc1" };
    expect(await put(client)).toBe("No path to datacenter");
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
