import { test } from "bun:test";
import { until } from "../../support/e2e/agent.ts";
import { onLoopback } from "../harness/cluster/cluster.ts";
import { roundsMsMax } from "../harness/cluster/length.ts";
import { registryUnderTest } from "../harness/cluster/registry.ts";

/** Less than it takes until a server counts as dead. */
const AT_ONCE_MS = 3_000;

test(
  "a leader that leaves is out of the configuration at once, and two go on",
  () =>
    onLoopback(registryUnderTest(), async (cluster) => {
      const leader = await cluster.start(3);
      await leader.ask("PUT", "/v1/agent/leave", undefined, 20_000);
      await leader.ended();
      cluster.forget(leader);
      const next = await cluster.leader({ agreed: 2 });
      await until(async () => (await cluster.peers(next)).length === 2, "a configuration of two", AT_ONCE_MS);
    }),
  roundsMsMax(1),
);
