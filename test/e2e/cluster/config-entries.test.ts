import { expect, test } from "bun:test";
import { until } from "../../support/e2e/agent.ts";
import { Cluster } from "../harness/cluster/cluster.ts";
import { roundsMsMax } from "../harness/cluster/length.ts";
import type { Member } from "../harness/cluster/member.ts";
import { loopback } from "../harness/cluster/network.ts";
import { registryUnderTest } from "../harness/cluster/registry.ts";
import { isAnswer } from "../harness/cluster/request.ts";
import { withTwoDatacenters } from "../harness/cluster/two-datacenters.ts";
import { answer } from "../harness/cluster/views.ts";

const registry = registryUnderTest();
const ENABLED = { enable_central_service_config: true };
const SIDECAR = "web-sidecar-proxy";
const WEB = { Name: "web", Port: 80, Connect: { SidecarService: { Proxy: { Config: { own: 1 } } } } };
/** Far below what a caller would wait for. */
const AT_ONCE_MS = 3_000;

const only = ({ members }: Cluster) => members[0] as Member;
const set = (of: Member, Name: string, Protocol: string) =>
  answer(of, "PUT", "/v1/config", { Kind: "service-defaults", Name, Protocol });
const remove = (of: Member, name: string) => answer(of, "DELETE", `/v1/config/service-defaults/${name}`);

/** Protocols of the `service-defaults`, by name. */
async function protocols(of: Member): Promise<Record<string, string>> {
  const entries = (await of.read<{ Name: string; Protocol?: string }[]>("/v1/config/service-defaults")) ?? [];
  return Object.fromEntries(entries.map(({ Name, Protocol = "" }) => [Name, Protocol]));
}

async function configInCatalog(of: Member): Promise<unknown> {
  const found = await of.read<{ ServiceProxy: { Config?: unknown } }[]>(`/v1/catalog/service/${SIDECAR}`);
  return found?.[0]?.ServiceProxy.Config;
}

const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);

const until2 = (of: Member, wanted: Record<string, string>) =>
  until(async () => same(await protocols(of), wanted), `${of.name} to have ${JSON.stringify(wanted)}`);

test(
  "a sidecar of a client follows the entries, keeps what it knew while all servers are away, and is registered without them",
  async () => {
    const cluster = new Cluster(registry, loopback(), { config: { ...ENABLED, performance: { raft_multiplier: 1 } } });
    try {
      const server = await cluster.start(1);
      const client = await cluster.addClient();
      await set(server, "web", "http");
      await answer(client, "PUT", "/v1/agent/service/register", WEB);
      const merged = (protocol: string) => ({ own: 1, protocol });
      const known = async () =>
        (await client.read<{ Proxy: { Config: unknown } }>(`/v1/agent/service/${SIDECAR}`))?.Proxy.Config;
      expect(await known()).toEqual(merged("http"));
      await until(async () => same(await configInCatalog(server), merged("http")), "the merged proxy in the catalog");
      await set(server, "web", "grpc");
      await until(
        async () => same(await configInCatalog(server), merged("grpc")),
        "the changed protocol in the catalog",
      );
      await server.stop();
      expect(await known()).toEqual(merged("grpc"));
      const registered = await client.ask("PUT", "/v1/agent/service/register", { ...WEB, Name: "late" }, AT_ONCE_MS);
      // Consul's agent wants a server for that.
      expect(isAnswer(registered) && registered.status).toBe(registry.name === "Consul" ? 500 : 200);
      await client.stop();
      cluster.launchClient(client, { config: ENABLED });
      await until(async () => same(await known(), merged("grpc")), "what was known before the restart");
      cluster.launch(server, {}, false);
      await cluster.leader();
      await set(server, "web", "http2");
      await until(
        async () => same(await configInCatalog(server), merged("http2")),
        "the protocol after the return",
        60_000,
      );
    } catch (error) {
      process.stderr.write(cluster.keep());
      throw error;
    } finally {
      await cluster.close();
    }
  },
  2 * roundsMsMax(1),
);

test(
  "entries are written in the primary datacenter, wherever they are sent, and the other one has them all soon",
  () =>
    withTwoDatacenters(
      registry,
      loopback(),
      async (one, two) => {
        const [primary, other] = [only(one), only(two)];
        const client = await two.addClient();
        await until2(other, { boot: "http" });
        await set(other, "a", "http");
        await set(client, "b", "grpc");
        expect(await protocols(primary)).toEqual({ a: "http", b: "grpc", boot: "http" });
        await until2(other, { a: "http", b: "grpc", boot: "http" });
        await answer(client, "PUT", "/v1/agent/service/register", WEB);
        await set(primary, "web", "http");
        await until(
          async () => same(await configInCatalog(other), { own: 1, protocol: "http" }),
          "a sidecar of dc2 to follow an entry of dc1",
        );
        await remove(client, "a");
        await until2(other, { b: "grpc", boot: "http", web: "http" });
        primary.pause();
        const refused = await other.ask("PUT", "/v1/config", { Kind: "service-defaults", Name: "x" });
        expect(isAnswer(refused) && refused.status).not.toBe(200);
        expect(await protocols(other)).toEqual({ b: "grpc", boot: "http", web: "http" });
        primary.resume();
        await until(
          async () => {
            const written = await primary.ask("PUT", "/v1/config", {
              Kind: "service-defaults",
              Name: "after",
              Protocol: "http",
            });
            return isAnswer(written) && written.status === 200;
          },
          "a write after the pause",
          60_000,
        );
        await until(async () => (await protocols(other)).after === "http", "the copy after the pause", 90_000);
      },
      {
        ...{ ...ENABLED, primary_datacenter: "dc1" },
        config_entries: { bootstrap: [{ kind: "service-defaults", name: "boot", protocol: "http" }] },
      },
    ),
  3 * roundsMsMax(1),
);
