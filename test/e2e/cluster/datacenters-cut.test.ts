import { expect, test } from "bun:test";
import { until } from "../../support/e2e/agent.ts";
import { addressesOf } from "../harness/cluster/dns.ts";
import { isLong, rounds, roundsMsMax } from "../harness/cluster/length.ts";
import type { Member } from "../harness/cluster/member.ts";
import { canCut, Namespaces } from "../harness/cluster/namespaces.ts";
import { registryUnderTest } from "../harness/cluster/registry.ts";
import { isAnswer } from "../harness/cluster/request.ts";
import { datacenters, withTwoDatacenters } from "../harness/cluster/two-datacenters.ts";
import { ALIVE, answer, FAILED } from "../harness/cluster/views.ts";

const title = "two datacenters whose line is cut go on alone, refuse soon what the other has, and come together again";
/** Far below what a caller would wait for. */
const AT_ONCE_MS = 2_000;
/** While nobody knows yet that the line is cut. */
const REFUSED_MS_MAX = 12_000;
const BACK_MS_MAX = 60_000;

const wanStatus = async (of: Member, name: string) =>
  ((await of.read<{ Name: string; Status: number }[]>("/v1/agent/members?wan=1")) ?? []).find(
    (member) => member.Name === name,
  )?.Status;
const resolved = (of: Member) => addressesOf(of, "web.service.dc2.consul", "127.0.0.1");

test.skipIf(!canCut)(
  canCut ? title : `${title} (not run: network namespaces or ip are missing here)`,
  async () =>
    withTwoDatacenters(registryUnderTest(), await Namespaces.open(), async (one, two) => {
      const [here, there] = [one.members[0], two.members[0]] as [Member, Member];
      const client = await one.addClient();
      const ask = (of: Member, path: string) => of.ask("PUT", path, "1", REFUSED_MS_MAX);
      await answer(there, "PUT", "/v1/agent/service/register", { Name: "web", Port: 80, Address: "10.1.1.1" });
      await until(async () => (await resolved(client)) === "10.1.1.1", "web of the other datacenter");
      for (let round = 0; round < rounds(1); round++) {
        await one.network.split([here.place, client.place], [there.place]);
        for (const of of [here, client]) {
          const refused = await ask(of, "/v1/kv/a?dc=dc2");
          expect(isAnswer(refused) && refused.status).toBe(500);
        }
        await until(async () => (await wanStatus(here, `${there.name}.dc2`)) === FAILED, "the loss of dc2", 60_000);
        await until(async () => (await wanStatus(there, `${here.name}.dc1`)) === FAILED, "the loss of dc1", 60_000);
        for (const of of [here, client, there]) {
          const put = await of.ask("PUT", `/v1/kv/own-${round}`, "1", AT_ONCE_MS);
          expect(isAnswer(put) && put.status).toBe(200);
        }
        // Now it is known, so nobody waits.
        for (const of of [here, client]) {
          const refused = await of.ask("GET", "/v1/kv/a?dc=dc2", undefined, AT_ONCE_MS);
          expect(isAnswer(refused) && refused.text).toBe("Remote DC has no server currently reachable");
        }
        expect([await datacenters(here), await datacenters(there)]).toEqual([
          ["dc1", "dc2"],
          ["dc2", "dc1"],
        ]);
        // Longer than a client believes what it was told of datacenters.
        if (isLong) await Bun.sleep(70_000);
        expect(await resolved(client)).toBe("10.1.1.1");
        await one.network.heal();
        for (const [of, name] of [[here, `${there.name}.dc2`] as const, [there, `${here.name}.dc1`] as const]) {
          await until(async () => (await wanStatus(of, name)) === ALIVE, `${name} again`, BACK_MS_MAX);
        }
        for (const of of [here, client]) {
          await until(
            async () => {
              const put = await of.ask("PUT", "/v1/kv/a?dc=dc2", "1", AT_ONCE_MS);
              return isAnswer(put) && put.status === 200;
            },
            `a write in dc2 through ${of.name}`,
            BACK_MS_MAX,
          );
        }
      }
    }),
  3 * roundsMsMax(1),
);
