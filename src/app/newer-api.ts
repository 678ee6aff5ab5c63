import type { Config } from "../config/config.ts";
import type { ExportedServicesDeps } from "../http/routes/exported-services.ts";
import type { UsageDeps } from "../http/routes/operator-usage.ts";
import { Usage } from "../model/usage.ts";
import { exportedServices } from "../state/config-entries/exported-services.ts";
import { usageOf } from "../state/services/usage.ts";
import type { Calling } from "./calling.ts";
import type { Core } from "./core.ts";
import { datacenterNames } from "./datacenters.ts";

export interface NewerApiParts {
  core: Pick<Core, "db" | "pools" | "stateIndex">;
  config: () => Config;
  calling: Pick<Calling, "ask">;
}

/** What the routes of later versions of Consul need of a server. */
export function newerApi({ core, config, calling }: NewerApiParts): UsageDeps & ExportedServicesDeps {
  const { db, pools, stateIndex } = core;
  const { datacenter } = config();
  return {
    usage: {
      datacenter,
      here: () => usageOf(db),
      async elsewhere(signal) {
        const others = datacenterNames(pools.wan, datacenter).filter((name) => name !== datacenter);
        const asked = await Promise.all(others.map((name) => usageIn(calling, name, signal)));
        return new Map(asked.flat());
      },
      index: stateIndex,
    },
    exportedServices: { list: () => exportedServices(db) },
  };
}

/** Empty when the datacenter does not answer: those that do are of use. */
async function usageIn(
  { ask }: Pick<Calling, "ask">,
  datacenter: string,
  signal: AbortSignal,
): Promise<[string, Usage][]> {
  try {
    const { status, body } = await ask(datacenter, "/v1/operator/usage?stale", { signal });
    if (status !== 200) return [];
    const { Usage: usage } = JSON.parse(body) as { Usage: Record<string, unknown> };
    return [[datacenter, Usage.parse(usage[datacenter])]];
  } catch {
    return [];
  }
}
