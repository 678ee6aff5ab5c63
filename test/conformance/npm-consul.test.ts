import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import Consul from "consul";
import { type Agents, poll, startAgents } from "./harness/agents.ts";

const BUILT = join(import.meta.dir, "../../dist/muster");
const binary = process.env.MUSTER_BIN ?? process.env.CONSUL_BIN ?? (existsSync(BUILT) ? BUILT : undefined);
const SETTLED_MS_MAX = 10_000;
const START_MS_MAX = 40_000;

/** The package's types lag behind what it accepts: an optional timeout, nested transaction operations, raw buffers. */
function loose<T>(value: unknown): T {
  return value as T;
}

let server: Agents;
let consul: Consul;

/** Waits until `read` gives something that `holds`, and gives it; fails the test when it never does. */
async function eventually<T>(read: () => Promise<T>, holds: (value: T) => boolean): Promise<T> {
  let value = await read();
  const settled = await poll(SETTLED_MS_MAX, async () => {
    value = await read();
    return holds(value);
  });
  expect(settled).toBe(true);
  return value;
}

describe.skipIf(binary === undefined)("the npm package consul works unchanged", () => {
  beforeAll(async () => {
    server = await startAgents(binary ?? "", {});
    consul = new Consul({ host: "127.0.0.1", port: server.ports.http });
  }, START_MS_MAX);

  afterAll(async () => {
    consul.destroy();
    await server.stop();
  });

  test("kv: set, get, keys, recurse, check-and-set, delete", async () => {
    expect(await consul.kv.get("app/none")).toBeUndefined();
    expect(await consul.kv.set("app/a", "grüße")).toBe(true);
    expect(await consul.kv.set({ key: "app/b", value: Buffer.from([1, 2]), flags: 7 })).toBe(true);
    const item = await consul.kv.get("app/a");
    expect(item).toMatchObject({ Key: "app/a", Value: "grüße", Flags: 0, LockIndex: 0 });
    expect(await consul.kv.get({ key: "app/b", raw: true })).toEqual(loose(Buffer.from([1, 2])));
    expect(await consul.kv.keys("app/")).toEqual(["app/a", "app/b"]);
    expect(await consul.kv.get({ key: "app/", recurse: true })).toHaveLength(2);
    expect(await consul.kv.set({ key: "app/a", value: "x", cas: 1 })).toBeFalsy();
    expect(await consul.kv.set({ key: "app/a", value: "x", cas: item?.ModifyIndex ?? 0 })).toBe(true);
    expect(await consul.kv.del({ key: "app/", recurse: true })).toBe(true);
    expect(await consul.kv.get("app/a")).toBeUndefined();
  });

  test("session: create, lock a key, renew, list, destroy", async () => {
    const { ID: id } = await consul.session.create({ name: "mine", ttl: "15s", lockdelay: "0s" });
    expect(await consul.kv.set({ key: "lock", value: "me", acquire: id })).toBe(true);
    expect(await consul.kv.get("lock")).toMatchObject({ Session: id, LockIndex: 1 });
    expect(await consul.session.get(id)).toMatchObject({ ID: id, Name: "mine", TTL: "15s", Node: "n1" });
    expect(await consul.session.renew(id)).toHaveLength(1);
    expect((await consul.session.node("n1")).map((session) => session.ID)).toContain(id);
    await consul.session.destroy(id);
    expect(await consul.kv.get("lock")).not.toHaveProperty("Session");
    expect((await consul.session.list()).map((session) => session.ID)).not.toContain(id);
  });

  test("agent: service with a check appears in the catalog, follows its check, and leaves", async () => {
    await consul.agent.service.register({
      name: "web",
      id: "web-1",
      port: 8080,
      tags: ["v1"],
      check: loose({ name: "beat", ttl: "10m" }),
    });
    expect(await consul.agent.service.list()).toHaveProperty("web-1");
    await consul.agent.check.pass({ id: "service:web-1", note: "fine" });
    const passing = await eventually(
      () => consul.health.service({ service: "web", passing: true }),
      (found) => found.length === 1,
    );
    expect(passing[0]).toMatchObject({ Node: { Node: "n1" }, Service: { ID: "web-1", Port: 8080, Tags: ["v1"] } });
    await consul.agent.service.maintenance({ id: "web-1", enable: true, reason: "why" });
    expect(await consul.agent.checks()).toHaveProperty("_service_maintenance:web-1");
    await consul.agent.service.maintenance({ id: "web-1", enable: false });
    await consul.agent.check.fail("service:web-1");
    // The check of the maintenance mode may still be on its way out.
    const critical = await eventually(
      () => consul.health.state("critical"),
      (found) => found.length === 1 && found[0]?.CheckID === "service:web-1",
    );
    expect(critical[0]).toMatchObject({ CheckID: "service:web-1", ServiceName: "web" });
    await consul.agent.service.deregister("web-1");
    await eventually(
      () => consul.catalog.service.nodes("web"),
      (found) => found.length === 0,
    );
  });

  test("agent: own check, members, self", async () => {
    await consul.agent.check.register(loose({ name: "disk", ttl: "10m", status: "passing" }));
    await consul.agent.check.warn("disk");
    expect(await consul.agent.checks()).toMatchObject({ disk: { Status: "warning" } });
    await consul.agent.check.deregister("disk");
    expect(await consul.agent.checks()).not.toHaveProperty("disk");
    expect(await consul.agent.members()).toMatchObject([{ Name: "n1", Status: 1 }]);
    expect(await consul.agent.self()).toMatchObject({ Config: { Datacenter: "dc1", NodeName: "n1", Server: true } });
  });

  test("catalog: register, list, deregister an outside node", async () => {
    await consul.catalog.register({
      node: "outside",
      address: "192.0.2.9",
      service: { service: "printer", port: 9100, tags: ["floor-2"] },
      check: { name: "up", status: "passing" },
    });
    expect(await consul.catalog.datacenters()).toEqual(["dc1"]);
    expect(await consul.catalog.services()).toMatchObject({ printer: ["floor-2"] });
    expect(await consul.catalog.service.nodes("printer")).toMatchObject([{ Node: "outside", ServicePort: 9100 }]);
    expect(await consul.catalog.node.services("outside")).toMatchObject({ Node: { Address: "192.0.2.9" } });
    expect(await consul.health.node("outside")).toMatchObject([{ Name: "up", Status: "passing" }]);
    await consul.catalog.deregister("outside");
    expect(await consul.catalog.service.nodes("printer")).toEqual([]);
  });

  test("transaction: all or nothing", async () => {
    const set = { KV: { Verb: "set", Key: "t/a", Value: Buffer.from("1").toString("base64") } };
    const missing = { KV: { Verb: "get", Key: "t/none" } };
    await expect(consul.transaction.create(loose([set, missing]))).rejects.toMatchObject({ statusCode: 409 });
    expect(await consul.kv.get("t/a")).toBeUndefined();
    expect(await consul.transaction.create(loose([set]))).toMatchObject({ Results: [{ KV: { Key: "t/a" } }] });
  });

  test("event and status: fire, list, leader, peers", async () => {
    const fired = await consul.event.fire("deploy", "payload");
    const seen = await eventually(
      () => consul.event.list("deploy"),
      (events) => events.length === 1,
    );
    expect(seen[0]).toMatchObject({ ID: fired.ID, Payload: "payload" });
    const leader = await consul.status.leader();
    expect(leader).toBe(`127.0.0.1:${server.ports.server}`);
    expect(await consul.status.peers()).toEqual([leader]);
  });

  test("errors carry Consul's status and text", async () => {
    await expect(consul.session.get("nope")).rejects.toMatchObject({ statusCode: 500 });
    await expect(consul.agent.check.register(loose({ name: "x", ttl: "-1s" }))).rejects.toMatchObject({
      statusCode: 400,
    });
    await expect(consul.kv.get({ key: "a", dc: "nowhere" })).rejects.toThrow("No path to datacenter");
  });

  test("watch: sees the first value and each change", async () => {
    const seen: unknown[] = [];
    const failures: unknown[] = [];
    const watch = consul.watch({ method: consul.kv.get, options: { key: "watched" } });
    watch.on("change", (item: { Value?: string } | undefined) => seen.push(item?.Value));
    watch.on("error", (error: unknown) => failures.push(error));
    await eventually(
      async () => seen.length,
      (count) => count === 1,
    );
    for (const value of ["one", "two"]) {
      await consul.kv.set("watched", value);
      await eventually(
        async () => seen.at(-1),
        (last) => last === value,
      );
    }
    watch.end();
    expect(seen).toEqual([undefined, "one", "two"]);
    expect(failures).toEqual([]);
  });
});
