import { expect, test } from "bun:test";
import { join } from "node:path";
import { until } from "../../support/e2e/agent.ts";
import { onLoopback } from "../harness/cluster/cluster.ts";
import { roundsMsMax } from "../harness/cluster/length.ts";
import { registryUnderTest } from "../harness/cluster/registry.ts";
import { ALIVE, answer, FAILED, instances, memberStatus, passing } from "../harness/cluster/views.ts";
import { canFakeTime, FakeClock, NO_FAKETIME } from "../harness/faketime.ts";

/** A machine that slept, one whose battery is empty, and one that is set right. */
const JUMPS = ["+3h", "-2d", "+0"];
const TITLE = "clocks that jump, of a client and of its server, make nobody fail and nothing expire";

test.skipIf(!canFakeTime)(
  canFakeTime ? TITLE : `${TITLE} (${NO_FAKETIME})`,
  () =>
    onLoopback(registryUnderTest(), async (cluster) => {
      const clocks = ["s", "c"].map((name) => new FakeClock(join(cluster.dir, `clock-${name}`), "+0"));
      const wrappers = clocks.map(({ wrapper }) => wrapper);
      const server = await cluster.start(1, () => ({ wrapper: wrappers[0] ?? [] }));
      const client = await cluster.addClient({ wrapper: wrappers[1] ?? [] });
      const other = await cluster.addClient();
      const Check = { TTL: "60s", Status: "passing" };
      await answer(client, "PUT", "/v1/agent/service/register", { Name: "web", Port: 80, Check });
      await until(async () => (await passing(server, "web")).length === 1, "web");
      const { ID } = JSON.parse(await answer(client, "PUT", "/v1/session/create", { TTL: "60s" })) as { ID: string };
      expect(await answer(client, "PUT", `/v1/kv/lock?acquire=${ID}`, "x")).toContain("true");
      for (const clock of clocks) {
        for (const jump of JUMPS) {
          clock.set(jump);
          const Name = `after-${clocks.indexOf(clock)}-${JUMPS.indexOf(jump)}`;
          await answer(client, "PUT", "/v1/agent/service/register", { Name, Port: 80 });
          await until(async () => (await instances(other, Name)).length === 1, `${Name} in the catalog`);
          for (const { name } of [server, client, other]) expect(await memberStatus(other, name)).toBe(ALIVE);
          expect(await passing(other, "web")).toEqual([client.name]);
          expect(await answer(other, "GET", "/v1/kv/lock")).toContain(ID);
        }
      }
      // A real death takes a whole suspicion to be told, in which nobody else is accused.
      for (const [at, clock] of clocks.entries()) clock.set(at === 0 ? "-2d" : "+3h");
      await other.stop("SIGKILL");
      await until(async () => (await memberStatus(server, other.name)) === FAILED, "the death");
      expect([await memberStatus(server, client.name), await passing(server, "web")]).toEqual([ALIVE, [client.name]]);
      expect(server.output().match(/EventMemberFailed: \S+/g)).toEqual([`EventMemberFailed: ${other.name}`]);
    }),
  roundsMsMax(1),
);
