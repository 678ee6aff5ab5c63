import { expect, test } from "bun:test";
import { until } from "../../support/e2e/agent.ts";
import { type Cluster, onLoopback } from "../harness/cluster/cluster.ts";
import { isLong, rounds, roundsMsMax } from "../harness/cluster/length.ts";
import type { Member } from "../harness/cluster/member.ts";
import { registryUnderTest } from "../harness/cluster/registry.ts";
import { isAnswer } from "../harness/cluster/request.ts";
import { Targets } from "../harness/cluster/targets.ts";
import { ALIVE, answer, FAILED, instances, memberStatus, nodeHealth, passing } from "../harness/cluster/views.ts";

const registry = registryUnderTest();

/** From the moment in which everybody is back to a catalog without a fault. */
const SETTLED_MS_MAX = 20_000;
const CHECK_INTERVAL = "1s";
/** While a server says nothing: what an agent waits for it, and the next one's answer. */
const REQUEST_MS_MAX = 12_000;
const HANGING_MS = 9_000;

/** Starts clients at once and waits until the servers know them. */
async function addClients(cluster: Cluster, count: number): Promise<Member[]> {
  return await Promise.all(Array.from({ length: count }, () => cluster.addClient()));
}

const namesOf = (members: readonly Member[]) => members.map(({ name }) => name).sort();

/** A service `web` on each, with a check that asks the targets. */
async function registerWeb(clients: readonly Member[], targets: Targets): Promise<void> {
  for (const client of clients) {
    const Check = { HTTP: targets.url(client.name), Interval: CHECK_INTERVAL, Timeout: "5s" };
    await answer(client, "PUT", "/v1/agent/service/register", { Name: "web", Port: 80, Check });
  }
}

async function withTargets(use: (targets: Targets) => Promise<void>): Promise<void> {
  const targets = new Targets();
  try {
    await use(targets);
  } finally {
    await targets.close();
  }
}

/** Waits until exactly these have a passing `web`, by what an agent says. */
async function passingAre(of: Member, clients: readonly Member[]): Promise<void> {
  const wanted = namesOf(clients).join(" ");
  let found = "";
  await until(
    async () => {
      found = (await passing(of, "web")).join(" ");
      return found === wanted;
    },
    `web on ${wanted}`,
    SETTLED_MS_MAX,
  ).catch((error: unknown) => {
    throw new Error(`${error instanceof Error ? error.message : error}; it is on ${found}`);
  });
}

test(
  "when the server restarts no client loses what it has, and checks go on without it",
  () =>
    withTargets((targets) =>
      onLoopback(registry, async (cluster) => {
        const server = await cluster.start(1);
        const clients = await addClients(cluster, 5);
        const [first, second] = clients as [Member, Member];
        await registerWeb(clients, targets);
        await passingAre(server, clients);
        for (let round = 0; round < rounds(2); round++) {
          await server.stop(round % 2 === 0 ? "SIGKILL" : "SIGTERM");
          const before = clients.map(({ name }) => targets.hits(name));
          targets.fail(first.name, true);
          await answer(second, "PUT", "/v1/agent/service/register", { Name: `late-${round}`, Port: 81 });
          await until(
            async () => clients.every(({ name }, at) => targets.hits(name) > (before[at] ?? 0) + 3),
            "checks without a server",
          );
          cluster.launch(server);
          await cluster.leader();
          await passingAre(server, clients.slice(1));
          await until(async () => (await instances(server, `late-${round}`)).length === 1, "what was registered");
          expect((await instances(server, "web")).length).toBe(clients.length);
          targets.fail(first.name, false);
          await passingAre(second, clients);
        }
      }),
    ),
  2 * roundsMsMax(2),
);

test(
  "a client that was frozen counts as failed, and is there again by itself with what it has",
  () =>
    withTargets((targets) =>
      onLoopback(registry, async (cluster) => {
        const server = await cluster.start(1);
        const clients = await addClients(cluster, 3);
        const [frozen] = clients as [Member];
        await registerWeb(clients, targets);
        await passingAre(server, clients);
        for (let round = 0; round < rounds(1); round++) {
          frozen.pause();
          await until(async () => (await memberStatus(server, frozen.name)) === FAILED, "the failure");
          await until(async () => (await nodeHealth(server, frozen.name)) === "critical", "a critical node");
          if (isLong) await Bun.sleep(20_000);
          frozen.resume();
          await until(async () => (await memberStatus(server, frozen.name)) === ALIVE, "the return", SETTLED_MS_MAX);
          await passingAre(server, clients);
          // It does not take the others for dead because of what it missed.
          for (const { name } of clients) expect(await memberStatus(frozen, name)).toBe(ALIVE);
          expect((await instances(server, "web")).length).toBe(clients.length);
        }
      }),
    ),
  2 * roundsMsMax(1),
);

test(
  "a server that hangs delays its clients by seconds, and reads are answered by another",
  () =>
    onLoopback(registry, async (cluster) => {
      await cluster.start(3);
      const clients = await addClients(cluster, 4);
      await answer(clients[0] as Member, "PUT", "/v1/kv/a", "1");
      for (let round = 0; round < rounds(1); round++) {
        for (const victim of cluster.members) {
          await cluster.leader({ agreed: 3 });
          victim.pause();
          const untilMs = performance.now() + HANGING_MS;
          const asked = await Promise.all(
            clients.flatMap((client) => READS.map((path) => askAgainAndAgain(client, path, untilMs))),
          );
          victim.resume();
          cluster.notes[`hanging-${round}-${victim.name}`] = asked;
          for (const { slowestMs, refused } of asked) {
            expect(refused).toEqual([]);
            expect(slowestMs).toBeLessThan(REQUEST_MS_MAX);
          }
          await answer(clients[0] as Member, "PUT", "/v1/kv/a", "1");
        }
      }
    }),
  2 * roundsMsMax(3),
);

const READS = ["/v1/kv/a", "/v1/kv/a?stale", "/v1/health/service/consul?stale"];
const REST_MS = 100;

async function askAgainAndAgain(client: Member, path: string, untilMs: number) {
  let slowestMs = 0;
  const refused: unknown[] = [];
  while (performance.now() < untilMs) {
    const startMs = performance.now();
    const got = await client.ask("GET", path, undefined, 60_000);
    slowestMs = Math.max(slowestMs, performance.now() - startMs);
    if (!isAnswer(got) || got.status !== 200) refused.push(got);
    await Bun.sleep(REST_MS);
  }
  return { client: client.name, path, slowestMs, refused };
}

test(
  "clients that all start again at once are all there again, each once",
  () =>
    withTargets((targets) =>
      onLoopback(registry, async (cluster) => {
        const server = await cluster.start(1);
        const clients = await addClients(cluster, isLong ? 30 : 8);
        await registerWeb(clients, targets);
        await passingAre(server, clients);
        for (let round = 0; round < rounds(1); round++) {
          await Promise.all(clients.map((client) => client.stop(round % 2 === 0 ? "SIGKILL" : "SIGTERM")));
          for (const client of clients) cluster.launchClient(client);
          await until(
            async () => {
              const statuses = await Promise.all(clients.map(({ name }) => memberStatus(server, name)));
              return statuses.every((status) => status === ALIVE);
            },
            "all members",
            3 * SETTLED_MS_MAX,
          );
          await passingAre(server, clients);
          expect((await instances(server, "web")).length).toBe(clients.length);
          // Nobody waits for a suspicion of before the restart to end.
          for (const { name } of clients) expect(await nodeHealth(server, name)).toBe("passing");
        }
      }),
    ),
  4 * roundsMsMax(1),
);

test(
  "a client whose servers are gone is told to stop, and is gone soon",
  () =>
    onLoopback(registry, async (cluster) => {
      const server = await cluster.start(1);
      const [early, late] = (await addClients(cluster, 2)) as [Member, Member];
      await server.stop("SIGKILL");
      expect(await endMs(early)).toBeLessThan(STOP_MS_MAX);
      await until(async () => (await memberStatus(late, server.name)) === FAILED, "the server's death");
      expect(await endMs(late)).toBeLessThan(STOP_MS_MAX);
    }),
  roundsMsMax(1),
);

const STOP_MS_MAX = 8_000;

/** How long it takes to leave when it is told to. */
async function endMs(client: Member): Promise<number> {
  const startMs = performance.now();
  expect(await client.stop("SIGTERM")).toBe(0);
  return performance.now() - startMs;
}
