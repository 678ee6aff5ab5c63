import { expect, test } from "bun:test";
import { dnsQueries } from "../../../src/app/queries.ts";
import { QueryDefinition } from "../../../src/model/prepared-query.ts";
import type { QueryAnswer, QueryRun } from "../../../src/server/query-executor.ts";

const QUERY = { ...QueryDefinition.parse({ Name: "web" }), CreateIndex: 1, ModifyIndex: 1 };
const ANSWER: QueryAnswer = { Service: "web", Nodes: [], DNS: { TTL: "" }, Datacenter: "dc1", Failovers: 0 };
const request = (name: string, datacenter = "dc1") => ({ name, datacenter, sourceAddress: "10.0.0.9" });

function rig(canFailOver: boolean, service: Partial<typeof QUERY.Service> = {}) {
  const runs: QueryRun[] = [];
  const elsewhere: string[] = [];
  const dns = dnsQueries(
    {
      resolve: (name) => (name === "web" ? { ...QUERY, Service: { ...QUERY.Service, ...service } } : undefined),
      executeHere(_query, run) {
        runs.push(run);
        return ANSWER;
      },
      execute: async ({ idOrName }) => (idOrName === "web" ? { ...ANSWER, Datacenter: "dc2" } : undefined),
      canFailOver: () => canFailOver,
    },
    {
      executeQuery: async ({ datacenter }) => {
        elsewhere.push(datacenter);
        return undefined;
      },
    },
    { datacenter: "DC1", nodeName: "me" },
  );
  return { dns, runs, elsewhere };
}

test("DNS asks the own state, for this node and the address of who asks", () => {
  const { dns, runs } = rig(false);
  expect(dns.here(request("web"))).toMatchObject({ service: "web", datacenter: "dc1", instances: [] });
  expect(runs).toMatchObject([{ idOrName: "web", agentNode: "me", sourceAddress: "10.0.0.9", limit: 0 }]);
  expect(dns.here(request("other"))).toBeUndefined();
});

test("an answer whose order hangs on nobody may be kept until the query or its service changes", () => {
  const { dns } = rig(false);
  expect(dns.here(request("web"))).toMatchObject({ topics: ["queries", "service/"] });
  expect(rig(false, { Near: "_ip" }).dns.here(request("web"))).not.toHaveProperty("topics");
});

test("only a query that may fail over waits for other datacenters", async () => {
  const { dns, elsewhere } = rig(true);
  expect(dns.here(request("web"))).toBe("elsewhere");
  expect(await dns.remote(request("web"))).toMatchObject({ datacenter: "dc2" });
  expect(await dns.remote(request("other"))).toBeUndefined();
  await dns.remote(request("web", "dc3"));
  expect(elsewhere).toEqual(["dc3"]);
});
