import { expect, test } from "bun:test";
import { until } from "../../support/e2e/agent.ts";
import { onLoopback } from "../harness/cluster/cluster.ts";
import { roundsMsMax } from "../harness/cluster/length.ts";
import type { Member } from "../harness/cluster/member.ts";
import { registryUnderTest } from "../harness/cluster/registry.ts";
import { isAnswer } from "../harness/cluster/request.ts";

const registry = registryUnderTest();
const MS_MAX = roundsMsMax(1);

async function put(of: Member, path: string, body: unknown): Promise<void> {
  const found = await of.ask("PUT", path, body, 10_000);
  if (!isAnswer(found) || found.status !== 200) throw new Error(`${path}: ${JSON.stringify(found)}`);
}

const inCatalog = async (of: Member, node: string) =>
  Object.keys((await of.read<{ Services: object } | null>(`/v1/catalog/node/${node}`))?.Services ?? {});
const atAgent = async (of: Member) => Object.keys((await of.read<object>("/v1/agent/services")) ?? {});
const healthOf = async (of: Member, node: string) =>
  ((await of.read<{ CheckID: string; Status: string }[]>(`/v1/health/node/${node}`)) ?? []).find(
    ({ CheckID }) => CheckID === "serfHealth",
  )?.Status;

test(
  "a service that is deregistered in the catalog leaves its agent at once, and a restart does not bring it back",
  () =>
    onLoopback(registry, async (cluster) => {
      const server = await cluster.start(1);
      const client = await cluster.addClient();
      for (const Name of ["db", "web"]) await put(client, "/v1/agent/service/register", { Name, Port: 80 });
      await until(async () => (await inCatalog(server, "c1")).length === 2, "both services in the catalog");
      await put(server, "/v1/catalog/deregister", { Node: "c1", ServiceID: "web" });
      await until(async () => (await atAgent(client)).length === 1, "the agent to drop it");
      await client.stop("SIGKILL");
      await until(async () => (await healthOf(server, "c1")) === "critical", "the death of c1");
      await put(server, "/v1/catalog/deregister", { Node: "c1" });
      cluster.launchClient(client);
      await until(async () => (await healthOf(server, "c1")) === "passing", "the return of c1");
      await until(async () => (await atAgent(client)).length === 0, "the agent to drop what went with its node");
      expect(await inCatalog(server, "c1")).toEqual([]);
      await put(client, "/v1/agent/service/register", { Name: "web", Port: 80 });
      await until(async () => (await inCatalog(server, "c1")).length === 1, "the service that is registered anew");
    }),
  MS_MAX,
);
