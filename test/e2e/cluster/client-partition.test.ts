import { expect, test } from "bun:test";
import { until } from "../../support/e2e/agent.ts";
import { type Cluster, withCluster } from "../harness/cluster/cluster.ts";
import { addressesOf } from "../harness/cluster/dns.ts";
import { isLong, rounds, roundsMsMax } from "../harness/cluster/length.ts";
import type { Member } from "../harness/cluster/member.ts";
import { canCut, Namespaces } from "../harness/cluster/namespaces.ts";
import { registryUnderTest } from "../harness/cluster/registry.ts";
import { isAnswer } from "../harness/cluster/request.ts";
import { ALIVE, answer, FAILED, instances, memberStatus, nodeHealth, passing } from "../harness/cluster/views.ts";

/** Longer than a suspicion lasts in a small pool. */
const CUT_MS = isLong ? 30_000 : 6_000;
const BACK_MS_MAX = 20_000;
/** Deaths are noticed sooner; the busy machine of a check may accuse the living. */
const NERVOUS = { gossip_lan: { probe_interval: "500ms", probe_timeout: "250ms" } };
const LOOK_MS = 200;

type Pool = { cluster: Cluster<Namespaces>; server: Member; clients: readonly [Member, Member, Member] };

/** The title says when the test is not run. */
function cutting(
  title: string,
  usualRounds: number,
  body: (pool: Pool) => Promise<void>,
  config: Readonly<Record<string, unknown>> = {},
): void {
  const reason = "not run: network namespaces or ip are missing here";
  test.skipIf(!canCut)(
    canCut ? title : `${title} (${reason})`,
    async () =>
      withCluster(registryUnderTest(), await Namespaces.open(), async (cluster) => {
        const server = await cluster.start(1, () => ({ config }));
        const add = () => cluster.addClient({ config });
        const clients = [await add(), await add(), await add()] as const;
        for (const client of clients) {
          await until(
            async () => (await nodeHealth(server, client.name)) === "passing",
            `${client.name} in the catalog`,
          );
        }
        await body({ cluster, server, clients });
      }),
    2 * roundsMsMax(usualRounds),
  );
}

/** A service whose check asks the agent's own DNS port; its address tells versions apart. */
const register = (client: Member, Name: string, Address: string) =>
  answer(client, "PUT", "/v1/agent/service/register", {
    ...{ Name, Address, Port: 80 },
    Check: { TCP: "127.0.0.1:8600", Interval: "1s", Status: "passing" },
  });

const resolved = (of: Member, name: string) => addressesOf(of, `${name}.service.consul`, "127.0.0.1");

/** Statuses that an agent gave a member while something ran, each once. */
async function statusesWhile(of: Member, name: string, running: Promise<unknown>): Promise<Set<number | undefined>> {
  const seen = new Set<number | undefined>();
  let isOver = false;
  void running.finally(() => {
    isOver = true;
  });
  while (!isOver) {
    seen.add(await memberStatus(of, name));
    await Bun.sleep(LOOK_MS);
  }
  await running;
  return seen;
}

/** What an agent looks for a server at most, and what it takes to notice that one is silent. */
const REFUSED_MS_MAX = 16_000;
const FORGETFUL = { dns_config: { max_stale: "3s" }, performance: { rpc_hold_timeout: "1s" } };

cutting(
  "clients that reach others and no server live on: DNS says what they knew until max_stale, and what they are told is kept",
  1,
  async ({ cluster, server, clients: [cut, forgetful, other] }) => {
    const { network } = cluster;
    await forgetful.stop("SIGTERM");
    cluster.launchClient(forgetful, { config: FORGETFUL });
    await register(other, "web", "10.9.0.1");
    for (let round = 0; round < rounds(1); round++) {
      const [before, after] = [`10.9.0.${2 * round + 1}`, `10.9.0.${2 * round + 2}`];
      await register(other, "web", before);
      for (const of of [cut, forgetful]) {
        await until(async () => (await resolved(of, "web")) === before, `web by the DNS of ${of.name}`, BACK_MS_MAX);
      }
      await network.split([server.place], [cut.place, forgetful.place]);
      const seen = await statusesWhile(
        server,
        cut.name,
        (async () => {
          await register(other, "web", after);
          await register(cut, `own-${round}`, "10.9.1.1");
          const has = async () => (await resolved(forgetful, "web")) === "ESERVFAIL";
          await until(has, "an answer that is too old", 60_000);
        })(),
      );
      expect([...seen]).toEqual([ALIVE]);
      expect(await nodeHealth(server, cut.name)).toBe("passing");
      expect(await resolved(cut, "web")).toBe(before);
      expect(await instances(server, `own-${round}`)).toEqual([]);
      const startMs = performance.now();
      const refused = await cut.ask("GET", "/v1/kv/a", undefined, 30_000);
      expect(isAnswer(refused) && refused.status).toBe(500);
      expect(performance.now() - startMs).toBeLessThan(REFUSED_MS_MAX);
      await network.heal();
      for (const of of [cut, forgetful]) {
        await until(async () => (await resolved(of, "web")) === after, `the change for ${of.name}`, BACK_MS_MAX);
      }
      await until(async () => (await passing(server, `own-${round}`)).length === 1, "what was registered", BACK_MS_MAX);
    }
  },
);

cutting(
  "a client that hears but is not heard fails for all, and is there again by itself",
  2,
  async ({ cluster: { network }, server, clients: [mute, ...others] }) => {
    await register(mute, "web", "10.9.0.1");
    await until(async () => (await passing(server, "web")).length === 1, "web");
    for (let round = 0; round < rounds(2); round++) {
      for (const { place } of [server, ...others]) {
        if (round % 2 === 0) await network.cut(mute.place, place);
        else await network.cut(place, mute.place);
      }
      await until(async () => (await memberStatus(server, mute.name)) === FAILED, "the failure", 60_000);
      await until(async () => (await passing(server, "web")).length === 0, "web out of the answers");
      await network.heal();
      for (const of of [server, ...others]) {
        await until(async () => (await memberStatus(of, mute.name)) === ALIVE, `the return for ${of.name}`, 60_000);
      }
      await until(async () => (await passing(server, "web")).length === 1, "web again", BACK_MS_MAX);
      for (const { name } of [server, ...others]) {
        await until(async () => (await memberStatus(mute, name)) === ALIVE, `${name} for ${mute.name}`, 60_000);
      }
    }
  },
  NERVOUS,
);

cutting(
  "a client that one other does not hear is accused by nobody for long",
  2,
  async ({ cluster: { network }, server, clients: [mute, deaf, other] }) => {
    for (let round = 0; round < rounds(2); round++) {
      if (round % 2 === 0) await network.cut(mute.place, deaf.place);
      else await network.cut(deaf.place, mute.place);
      const running = Bun.sleep(CUT_MS);
      const seen = await Promise.all([server, deaf, other].map((of) => statusesWhile(of, mute.name, running)));
      expect(seen.map((statuses) => [...statuses])).toEqual([[ALIVE], [ALIVE], [ALIVE]]);
      await network.heal();
    }
  },
);
