import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Cluster } from "../../e2e/harness/cluster/cluster.ts";
import type { Member } from "../../e2e/harness/cluster/member.ts";
import { isAnswer } from "../../e2e/harness/cluster/request.ts";
import { until } from "../../support/e2e/agent.ts";
import { CONSUL, MUSTER, run, type Settings, statuses, WHY_NOT, withBoth } from "./harness/both.ts";

/** Far below what a caller would wait for. */
const AT_ONCE_MS = 2_000;
const WAIT_MS = 60_000;
const KEY = Buffer.alloc(32, 7).toString("base64");
const NEW_KEY = Buffer.alloc(32, 8).toString("base64");

interface Sites {
  readonly muster: Cluster;
  readonly consul: Cluster;
  /** Servers of "home", which is Muster's. */
  readonly home: readonly [Member, Member, Member];
  /** The server of "away", which is Consul's. */
  readonly away: Member;
}

/** Three servers of this program and one of Consul, each a datacenter, in one pool of all. */
function withSites(body: (sites: Sites) => Promise<void>, both: Settings["both"] = {}): Promise<void> {
  return withBoth(
    async (muster, consul) => {
      const away = await consul.start(1);
      await muster.start(3, () => ({ config: { retry_join_wan: [away.place.address] } }));
      const home = muster.members as unknown as readonly [Member, Member, Member];
      for (const server of [...home, away]) await seen(server, { "s1.away": "alive", ...ALL });
      await body({ muster, consul, home, away });
    },
    { both, muster: { datacenter: "home" }, consul: { datacenter: "away" } },
  );
}

const ALL = { "s1.home": "alive", "s2.home": "alive", "s3.home": "alive" };

/** Waits until a server says this of members of the pool of all datacenters. */
async function seen(by: Member, wanted: Readonly<Record<string, string>>): Promise<void> {
  let found: Readonly<Record<string, string>> = {};
  await until(
    async () => {
      found = await statuses(by, "wan");
      return Object.entries(wanted).every(([name, status]) => found[name] === status);
    },
    `${by.name} at ${by.place.address} to see ${JSON.stringify(wanted)}`,
    WAIT_MS,
  ).catch((error: unknown) => {
    throw new Error(`${error instanceof Error ? error.message : error}; it sees ${JSON.stringify(found)}`);
  });
}

async function answer(of: Member, method: string, path: string, body?: string) {
  const found = await of.ask(method, path, body, AT_ONCE_MS);
  if (!isAnswer(found)) throw new Error(`${of.name}: ${method} ${path}: ${found}`);
  return found;
}

const datacenters = async (of: Member) => JSON.parse((await answer(of, "GET", "/v1/catalog/datacenters")).text);

describe.skipIf(WHY_NOT !== "")(`a datacenter of this program beside one of Consul ${WHY_NOT}`, () => {
  test("both list both, nobody takes the other's servers for its own, and events stay in their datacenter", () =>
    withSites(async ({ muster, consul, home, away }) => {
      for (const server of home) expect(await datacenters(server)).toEqual(["home", "away"]);
      expect(await datacenters(away)).toEqual(["away", "home"]);
      const peers = async (cluster: Cluster, at: Member) =>
        (await cluster.peers(at)).map(({ Address }) => Address).sort();
      expect(await peers(consul, away)).toEqual([`${away.place.address}:8300`]);
      expect(await peers(muster, home[0])).toEqual(home.map(({ place }) => `${place.address}:8300`).sort());
      expect(Object.keys(await statuses(away))).toEqual(["s1"]);
      // By the time that the second one is heard the first one has been everywhere where it goes.
      for (const name of ["first", "second"]) {
        await answer(home[1], "PUT", `/v1/event/fire/home-${name}`);
        await answer(away, "PUT", `/v1/event/fire/away-${name}`);
        for (const server of [...home, away]) {
          await until(async () => (await events(server)).join().includes(name), `${server.name} to hear the ${name}`);
        }
      }
      for (const server of home) expect(await events(server)).toEqual(["home-first", "home-second"]);
      expect(await events(away)).toEqual(["away-first", "away-second"]);
    }));

  test("what would be asked of the other datacenter is refused at once on both sides, and does no harm", () =>
    withSites(async ({ muster, home, away }) => {
      const client = await muster.addClient();
      const paths = ["/v1/kv/a", "/v1/catalog/nodes", "/v1/health/service/consul"];
      for (const [from, to] of [
        [home[0], "away"],
        [client, "away"],
        [away, "home"],
      ] as const) {
        const asked = [
          ...paths.map((path) => answer(from, "GET", `${path}?dc=${to}`)),
          answer(from, "PUT", `/v1/kv/a?dc=${to}`, "1"),
          answer(from, "PUT", `/v1/event/fire/x?dc=${to}`),
        ];
        // EOF, a reset or a broken pipe: who is faster.
        const why = from === away ? /^rpc error / : /its servers speak Consul's own protocol/;
        for (const { status, text } of await Promise.all(asked)) {
          expect(status).toBe(500);
          expect(text).toMatch(why);
        }
      }
      for (const server of [...home, client, away]) {
        expect((await answer(server, "PUT", `/v1/kv/${server.name}`, "1")).text).toContain("true");
      }
    }));

  test("who is killed has failed for the others and is back with its name; who leaves has left", () =>
    withSites(async ({ muster, consul, home, away }) => {
      const [first, second, third] = home;
      await third.stop("SIGKILL");
      for (const server of [first, second, away]) await seen(server, { "s3.home": "failed" });
      muster.launch(third, { config: { retry_join_wan: [away.place.address] } });
      for (const server of [...home, away]) await seen(server, { "s1.away": "alive", ...ALL });
      await away.stop("SIGKILL");
      for (const server of home) await seen(server, { "s1.away": "failed" });
      consul.launch(away, { config: { retry_join_wan: [first.place.address] } });
      for (const server of [...home, away]) await seen(server, { "s1.away": "alive", ...ALL });
      await leave(third);
      for (const server of [first, second, away]) await seen(server, { "s3.home": "left" });
      await leave(away);
      for (const server of [first, second]) await seen(server, { "s1.away": "left" });
    }));

  test("the key of the pool of all datacenters is changed from both sides, and everybody stays", () =>
    withSites(
      async ({ home, away }) => {
        // Each side's own pool obeys that side alone, and the commands say so.
        for (const order of ["-install", "-use"]) {
          const { code, output } = await run(MUSTER, home[0], "keyring", `${order}=${NEW_KEY}`);
          expect([code, output]).toEqual([1, expect.stringContaining("* away (LAN) error: No path to datacenter")]);
        }
        expect((await run(CONSUL, away, "keyring", `-remove=${KEY}`)).code).toBe(1);
        for (const server of [...home, away]) {
          await until(async () => keys(server, "remote").join() === NEW_KEY, `the new key of ${server.name}`);
        }
        expect(keys(home[2], "local")).toEqual([NEW_KEY, KEY]);
        expect(keys(away, "local")).toEqual([KEY]);
        for (const server of [...home, away]) await seen(server, { "s1.away": "alive", ...ALL });
        await home[2].stop("SIGKILL");
        await seen(away, { "s3.home": "failed" });
      },
      { encrypt: KEY },
    ));
});

async function leave(member: Member): Promise<void> {
  // The answer may be lost with the agent.
  await member.ask("PUT", "/v1/agent/leave", undefined, WAIT_MS);
  await member.ended();
}

/** Of the pool of an agent's datacenter, or of that of all. */
const keys = ({ dataDir }: Member, pool: "local" | "remote"): readonly string[] =>
  JSON.parse(readFileSync(join(dataDir, `serf/${pool}.keyring`), "utf8")) as string[];

const events = async (of: Member) =>
  ((await of.read<{ Name: string }[]>("/v1/event/list")) ?? []).map(({ Name }) => Name);
