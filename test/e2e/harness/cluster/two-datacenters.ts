import { until } from "../../../support/e2e/agent.ts";
import { Cluster } from "./cluster.ts";
import type { Member } from "./member.ts";
import type { Network } from "./network.ts";
import type { Registry } from "./registry.ts";

const CONFIG = {
  performance: { raft_multiplier: 1 },
  retry_interval: "1s",
  disable_update_check: true,
  gossip_wan: { probe_interval: "500ms", probe_timeout: "250ms", gossip_interval: "100ms" },
};

/** As an agent knows them. */
export const datacenters = async (of: Member) => (await of.read<string[]>("/v1/catalog/datacenters")) ?? [];

/** Two datacenters, dc1 and dc2, of one server each, which know each other. `config` is that of all agents beside the usual. */
export async function withTwoDatacenters<N extends Network>(
  registry: Registry,
  network: N,
  use: (one: Cluster<N>, two: Cluster<N>) => Promise<void>,
  config: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  const one = new Cluster(registry, network, { config: { ...CONFIG, ...config, datacenter: "dc1" } });
  const two = new Cluster(registry, network, { config: { ...CONFIG, ...config, datacenter: "dc2" } });
  try {
    const first = await one.start(1);
    const join = { retry_join_wan: [first.place.address], retry_interval_wan: "1s" };
    const second = await two.start(1, () => ({ config: join }));
    for (const server of [first, second]) {
      await until(async () => (await datacenters(server)).length === 2, `${server.name} to know both datacenters`);
    }
    await use(one, two);
  } catch (error) {
    process.stderr.write(one.keep() + two.keep());
    throw error;
  } finally {
    await one.close();
    await two.close();
  }
}
