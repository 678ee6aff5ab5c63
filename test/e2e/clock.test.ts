import { expect, test } from "bun:test";
import { until } from "../support/e2e/agent.ts";
import { ask, read } from "./harness/ask.ts";
import { canFakeTime, FakeClock, NO_FAKETIME } from "./harness/faketime.ts";
import { withRig } from "./harness/rig.ts";

const title = "a machine whose clock says 1970 starts, and when its clock is set nothing that runs by time expires";
test.skipIf(!canFakeTime)(
  canFakeTime ? title : `${title} (${NO_FAKETIME})`,
  () =>
    withRig(async (rig) => {
      const clock = new FakeClock(rig.file("clock", ""), "@1970-01-01 00:00:05");
      const server = await rig.server([], clock.wrapper);
      expect(await server.output()).toContain("1970-01-01T00:0");
      const web = { Name: "web", Check: { TTL: "60s", Status: "passing" } };
      await ask(`${server.url}/v1/agent/service/register`, "PUT", JSON.stringify(web));
      const { ID } = await read<{ ID: string }>(`${server.url}/v1/session/create`, "PUT", '{"TTL":"60s"}');
      expect((await ask(`${server.url}/v1/kv/lock?acquire=${ID}`, "PUT", "x")).text.trim()).toBe("true");

      clock.set("+0");
      await ask(`${server.url}/v1/kv/late`, "PUT", "y");
      await until(async () => (await ask(`${server.url}/v1/health/service/web?passing`)).text.includes("web"), "web");
      const sessions = await read<{ ID: string }[]>(`${server.url}/v1/session/list`);
      expect(sessions.map((session) => session.ID)).toEqual([ID]);
      expect((await ask(`${server.url}/v1/kv/lock`)).text).toContain(ID);

      expect(await server.stop("SIGTERM")).toBe(1);
      const again = await rig.server();
      expect((await ask(`${again.url}/v1/kv/late`)).status).toBe(200);
    }),
  60_000,
);
