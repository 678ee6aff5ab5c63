import { expect, test } from "bun:test";
import { type Answer, remoteDns } from "../../../src/app/dns-remote.ts";
import { ManualClock } from "../../support/manual-clock.ts";

const NODE = { Node: "n1", Address: "10.0.0.1", Datacenter: "dc2", TaggedAddresses: null, Meta: null };
const INSTANCE = {
  Node: NODE,
  Service: { ID: "web", Service: "web", Address: "", Port: 80, Weights: null, TaggedAddresses: null },
  Checks: [{ Status: "passing", Name: "other fields are left out" }],
};

function world(answers: Record<string, Partial<Answer>>) {
  const asked: string[] = [];
  const dns = remoteDns({
    get(datacenter, path) {
      asked.push(`${datacenter} ${path}`);
      const answer = answers[`${datacenter} ${path}`];
      return answer === undefined
        ? new Promise(() => undefined)
        : Promise.resolve({ status: 200, index: 4, body: "", ...answer });
    },
    owners: () => Promise.resolve({ nodes: [], services: [] }),
    datacenter: "dc1",
    maxStaleMs: 1000,
    clock: new ManualClock(),
  });
  return { asked, dns };
}

test("instances are read as any client does, and then watched", async () => {
  const path = "/v1/health/service/web?stale&tag=v%201";
  const { asked, dns } = world({ [`dc2 ${path}`]: { body: JSON.stringify([INSTANCE]) } });
  const [found] = await dns.serviceInstances("dc2", "web", { tag: "v 1" });
  expect(found?.Checks).toEqual([{ Status: "passing" }]);
  expect(asked).toEqual([`dc2 ${path}`, `dc2 ${path}&index=4&wait=300s`]);
  dns.close();
});

test("a node that is not there is none, and one that is has its addresses", async () => {
  const { dns } = world({
    "dc1 /v1/catalog/node/n1?stale": { body: JSON.stringify({ Node: NODE, Services: {} }) },
    "dc1 /v1/catalog/node/n2?stale": { status: 404 },
    "dc1 /v1/catalog/node/n3?stale": { body: "null" },
  });
  expect((await dns.node("dc1", "n1"))?.Address).toBe("10.0.0.1");
  expect(await dns.node("dc1", "n2")).toBeUndefined();
  expect(await dns.node("dc1", "n3")).toBeUndefined();
  dns.close();
});

test("an error of the server is an error of the lookup, but of the servers' own names none", async () => {
  const { dns } = world({
    "dc2 /v1/health/service/web?stale": { status: 500, body: "No cluster leader" },
    "dc1 /v1/health/service/consul?stale": { status: 500, body: "No cluster leader" },
  });
  expect(dns.serviceInstances("dc2", "web", {})).rejects.toThrow("500: No cluster leader");
  expect(await dns.servers()).toEqual([]);
  dns.close();
});
