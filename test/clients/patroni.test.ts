import { describe, expect, test } from "bun:test";
import { onLoopback } from "../e2e/harness/cluster/cluster.ts";
import { registryUnderTest } from "../e2e/harness/cluster/registry.ts";
import { withRig } from "../e2e/harness/rig.ts";
import { CONSUL, WHY_NOT as WHY_NO_CONSUL } from "../interop/consul/harness/both.ts";
import { startConsul } from "../support/cli/consul-agent.ts";
import { runPython, whyNotPython } from "./harness/programs.ts";

// Patroni keeps a PostgreSQL cluster's leader in Consul. Its class for that is driven as it is, by a script of ours in the
// place of PostgreSQL.

const SCRIPT = "patroni_layer.py";
const WHY_NOT = whyNotPython("patroni.dcs.consul");
/** Shorter than what a person would set, so that a session's end need not be waited for. */
const SHORT_TTL = ["-hcl", 'session_ttl_min = "2s"'];
const TEST_MS_MAX = 60_000;

type Steps = Readonly<Record<string, unknown>>;

/** What Patroni must see, whoever answers. */
const LIFE: Steps = {
  empty: [false, false, false],
  "who may initialise": [false, true],
  cancelled: [true, null],
  initialised: [true, false, "1", true, "7001"],
  race: [false, true],
  "the leader again, and the other": [true, false],
  "lead by its session": true,
  members: ["master", "replica"],
  "member of its session": true,
  "touched again": [true, true],
  "what it told": 3,
  services: {
    first: ["ba-tman", "127.0.0.1", 5432, ["master", "ours", "primary"], true],
    second: ["ba-tman", "127.0.0.1", 5432, ["ours", "replica"], true],
  },
  "of one that stopped": ["first", "second"],
  status: [true, 1234, { slot: 12 }, { a: "http://a", b: "http://b" }],
  config: [true, true, true, false, false, { ttl: 2 }],
  failover: [true, true, true, false, false, "2"],
  sync: [true, true, true, false, false, ["2"]],
  scheduled: [true, "2030-01-02 00:00:00+00:00", true, false],
  "sync state deleted": [false, true, null],
  history: [true, [[1, 25, "x"]]],
  "nothing changed": false,
  "leader left": [[true, true], null, true, true],
  "session destroyed": [[true, true], null, false, true, false, true, true],
  "back as a member": [true, true],
  "touched with a session that is gone": [false, null],
  "cluster deleted": [true, null, null, {}],
};
const EXPIRY: Steps = {
  "the leader fell silent": [true, null, {}, true, "b"],
  "it comes back": [false, "b"],
};
/** It asks `/v1/agent/self` for the least TTL, which Consul 1.8 does not tell there: the operator must set a longer one. */
const REFUSED = "'Failed to renew/create session'";
const SHORT: Steps = { "a TTL below the least": [REFUSED, REFUSED, 2] };

async function allOf(address: string): Promise<readonly Steps[]> {
  const scenarios = ["life", "expiry", "short-ttl"];
  const found: Steps[] = [];
  // One after the other: they are about the same cluster.
  for (const scenario of scenarios) found.push(await runPython<Steps>(SCRIPT, [address, scenario]));
  return found;
}

describe.skipIf(WHY_NOT !== "")(`Patroni's Consul layer ${WHY_NOT}`, () => {
  test(
    "initialises once, elects one, wakes with each change, and leads on when a session ends",
    () =>
      withRig(async (rig) => {
        const agent = await rig.dev(SHORT_TTL);
        expect(await allOf(`127.0.0.1:${agent.httpPort}`)).toEqual([LIFE, EXPIRY, SHORT]);
      }),
    TEST_MS_MAX,
  );

  test.skipIf(WHY_NO_CONSUL !== "")(
    `sees the same of a real Consul ${WHY_NO_CONSUL}`,
    async () => {
      const agent = await startConsul(CONSUL.binary, SHORT_TTL);
      try {
        expect(await allOf(agent.address)).toEqual([LIFE, EXPIRY, SHORT]);
      } finally {
        await agent.stop();
      }
    },
    TEST_MS_MAX,
  );

  test(
    "keeps its leader while another server comes to lead, and nobody else takes the place",
    () =>
      onLoopback(registryUnderTest(), async (cluster) => {
        const leader = await cluster.start(3);
        const follower = cluster.members.find((member) => member !== leader);
        const address = new URL(follower?.endpoint.url ?? "").host;
        const found = await runPython<Steps>(SCRIPT, [address, "new-leader"], "leading", () => leader.stop("SIGKILL"));
        expect(found).toEqual({ kept: [true, false, 99, ["a", "b"], "1"], "handed over": [[true, true], true, "b"] });
      }),
    TEST_MS_MAX,
  );
});
