import { expect, test } from "bun:test";
import { until } from "../../support/e2e/agent.ts";
import { startMember } from "../../support/gossip/member.ts";
import { MUSTER, run, statuses, withBoth } from "./harness/both.ts";

// What needs no Consul: a member of a pool that shows itself as one of its servers.

const CONSUL_SERVER = {
  ...{ acls: "0", bootstrap: "1", build: "1.8.7:", dc: "dc1", ft_fs: "1", id: "5b1f7f4c-0a49-4b0e-9c33-0f7f0f0f0f0f" },
  ...{ port: "8300", raft_vsn: "3", role: "consul", segment: "", vsn: "2", vsn_max: "3", vsn_min: "2" },
};

test("who shows itself as a server of Consul is told why it may not join a server, and learns of nobody", () =>
  withBoth(async (muster) => {
    const server = await muster.start(1);
    const { address } = await muster.network.place();
    const bind = { address, port: 8301 };
    const stranger = await startMember("stranger", address, { bind, advertise: bind, tags: CONSUL_SERVER });
    try {
      const to = { address: server.place.address, port: 8301 };
      await expect(stranger.pool.join([to])).rejects.toThrow("they can't serve one datacenter together");
      const { code, output } = await run(MUSTER, server, "join", address);
      expect([code, output]).toEqual([1, expect.stringContaining("'stranger'")]);
      expect(stranger.heard).toEqual(["member-join stranger"]);
      expect(Object.keys(await statuses(server))).toEqual(["s1"]);
      await until(async () => server.output().includes("a peer may not join"), "the server's log to tell of it");
    } finally {
      await stranger.pool.close();
    }
  }));
