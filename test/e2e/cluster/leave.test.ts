import { test } from "bun:test";
import { until } from "../../support/e2e/agent.ts";
import { onLoopback } from "../harness/cluster/cluster.ts";
import { roundsMsMax } from "../harness/cluster/length.ts";
import { registryUnderTest } from "../harness/cluster/registry.ts";

/** Less than it takes until a server counts as dead. */
const AT_ONCE_MS = 3_000;
/** As `/v1/agent/members` has it. */
const FAILED = 4;

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

test(
  "a dead server that is made to leave has no vote any more and is out of the catalog",
  () =>
    onLoopback(registryUnderTest(), async (cluster) => {
      const leader = await cluster.start(3);
      const [dead] = cluster.members.filter((member) => member !== leader);
      if (dead === undefined) throw new Error("there is no follower");
      await dead.stop("SIGKILL");
      const statusOfDead = async () =>
        (await leader.read<{ Name: string; Status: number }[]>("/v1/agent/members"))?.find(
          ({ Name }) => Name === dead.name,
        )?.Status;
      await until(async () => (await statusOfDead()) === FAILED, "the death");
      await leader.ask("PUT", `/v1/agent/force-leave/${dead.name}`);
      cluster.forget(dead);
      await cluster.votersAre(cluster.members);
      await until(async () => {
        const nodes = await leader.read<{ Node: string }[]>("/v1/catalog/nodes");
        return nodes?.every(({ Node }) => Node !== dead.name) === true;
      }, "the catalog without it");
    }),
  roundsMsMax(1),
);
