import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { withRig } from "../e2e/harness/rig.ts";
import type { Agent } from "../support/e2e/agent.ts";
import { startHaProxy } from "./harness/haproxy.ts";
import { whyNot } from "./harness/programs.ts";

// HAProxy finds its servers by DNS (`server-template` with `resolvers`) and uses those that are named, with their weights.

const WHY_NOT = whyNot("haproxy");
const TEST_MS_MAX = 60_000;
const PREFIX = "127.89.7.";
const MANY = 60;

/** A server of ours that says its own name. */
function backend(name: string, hostname: string, port = 0) {
  return Bun.serve({ hostname, port, fetch: () => new Response(name) });
}

async function put(agent: Agent, path: string, body: unknown = ""): Promise<void> {
  const answer = await fetch(agent.url + path, { method: "PUT", body: JSON.stringify(body) });
  if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
}

const register = (agent: Agent, name: string, id: string, address: string, port: number, more: object = {}) =>
  put(agent, "/v1/agent/service/register", { Name: name, ID: id, Address: address, Port: port, ...more });

const sum = (words: readonly string[]) =>
  Object.fromEntries([...new Set(words)].sort().map((word) => [word, words.filter((each) => each === word).length]));

describe.skipIf(WHY_NOT !== "")(`HAProxy with server-template and resolvers ${WHY_NOT}`, () => {
  test(
    "uses the servers of SRV records with their ports and weights, and those of addresses, as they come and go",
    () =>
      withRig(async (rig) => {
        const agent = await rig.dev();
        const [a, b] = [backend("a", "127.0.0.1"), backend("b", "127.0.0.1")];
        const third = backend("c", `${PREFIX}12`);
        const [x, y] = [backend("x", `${PREFIX}13`), backend("y", `${PREFIX}14`, 0)];
        const sameAsX = backend("z", `${PREFIX}15`, x.port);
        const proxy = await startHaProxy(
          join(rig.dir, "haproxy"),
          { ours: [`nameserver one 127.0.0.1:${agent.dnsPort}`, "accepted_payload_size 8192"] },
          {
            srv: { name: "_web._tcp.service.consul", slots: 5, resolver: "ours" },
            tagged: { name: "_web._v2.service.consul", slots: 5, resolver: "ours" },
            addresses: { name: `plain.service.consul:${x.port}`, slots: 5, resolver: "ours" },
          },
        );
        try {
          await proxy.untilInUse("srv", []);
          const check = { CheckID: "a:beat", TTL: "1h", Status: "passing" };
          // A 256th of the weight that the record has.
          await register(agent, "web", "a", "127.0.0.1", a.port ?? 0, {
            Check: check,
            Weights: { Passing: 768, Warning: 1 },
          });
          await register(agent, "web", "b", "127.0.0.1", b.port ?? 0, { Tags: ["v2"] });
          await register(agent, "plain", "x", `${PREFIX}13`, 1);
          await register(agent, "plain", "z", `${PREFIX}15`, 2);
          const both = await proxy.untilInUse("srv", [`127.0.0.1:${a.port}`, `127.0.0.1:${b.port}`]);
          const weights = Object.fromEntries(both.map(({ at, weight }) => [at.split(":")[1], weight]));
          expect(weights).toEqual({ [String(a.port)]: 3, [String(b.port)]: 1 });
          expect(sum(await proxy.ask("srv", 8))).toEqual({ a: 6, b: 2 });
          await proxy.untilInUse("tagged", [`127.0.0.1:${b.port}`]);
          await proxy.untilInUse("addresses", [`${PREFIX}13:${x.port}`, `${PREFIX}15:${x.port}`]);
          expect(sum(await proxy.ask("addresses", 4))).toEqual({ x: 2, z: 2 });

          // One falls ill, one more comes, with an address of its own.
          await put(agent, "/v1/agent/check/fail/a:beat");
          await register(agent, "web", "c", `${PREFIX}12`, third.port ?? 0);
          await put(agent, "/v1/agent/service/deregister/x");
          await proxy.untilInUse("srv", [`127.0.0.1:${b.port}`, `${PREFIX}12:${third.port}`]);
          await proxy.untilInUse("addresses", [`${PREFIX}15:${x.port}`]);
          await proxy.untilSaid("srv", ["b", "c"]);

          // It gets well, another one moves to another port, and all of the others go.
          await put(agent, "/v1/agent/check/pass/a:beat");
          await register(agent, "web", "c", `${PREFIX}14`, y.port ?? 0);
          await put(agent, "/v1/agent/service/deregister/b");
          await put(agent, "/v1/agent/service/deregister/z");
          await proxy.untilInUse("srv", [`127.0.0.1:${a.port}`, `${PREFIX}14:${y.port}`]);
          await proxy.untilInUse("tagged", []);
          await proxy.untilInUse("addresses", []);
          await proxy.untilSaid("srv", ["a", "y"]);
        } finally {
          await proxy.stop();
          for (const server of [a, b, third, x, y, sameAsX]) await server.stop(true);
        }
      }),
    TEST_MS_MAX,
  );

  test(
    `finds all of ${MANY} instances in one large answer over UDP and over TCP, and without EDNS those that have room`,
    () =>
      withRig(async (rig) => {
        const agent = await rig.dev();
        const nodes = Array.from({ length: MANY }, (_, at) => ({ id: at + 1, address: `${PREFIX}${100 + at}` }));
        const server = `127.0.0.1:${agent.dnsPort}`;
        for (const { id, address } of nodes) await register(agent, "many", `many-${id}`, address, 9000 + id);
        const all = nodes.map(({ id, address }) => `${address}:${9000 + id}`);
        const addresses = nodes.map(({ address }) => `${address}:80`);
        const name = "_many._tcp.service.consul";
        const proxy = await startHaProxy(
          join(rig.dir, "haproxy"),
          {
            large: [`nameserver one ${server}`, "accepted_payload_size 8192"],
            tcp: [`nameserver one tcp@${server}`, "accepted_payload_size 8192"],
            small: [`nameserver one ${server}`],
          },
          {
            udp: { name, slots: MANY + 5, resolver: "large" },
            tcp: { name, slots: MANY + 5, resolver: "tcp" },
            addresses: { name: "many.service.consul:80", slots: MANY + 5, resolver: "large" },
            small: { name, slots: MANY + 5, resolver: "small" },
          },
        );
        try {
          for (const each of ["udp", "tcp"]) await proxy.untilInUse(each, all);
          await proxy.untilInUse("addresses", addresses);
          expect(all).toEqual(expect.arrayContaining((await proxy.inUse("small")).map(({ at }) => at)));
          for (const { id } of nodes.slice(0, 20)) await put(agent, `/v1/agent/service/deregister/many-${id}`);
          for (const each of ["udp", "tcp"]) await proxy.untilInUse(each, all.slice(20));
          await proxy.untilInUse("addresses", addresses.slice(20));
        } finally {
          await proxy.stop();
        }
      }),
    TEST_MS_MAX,
  );
});
