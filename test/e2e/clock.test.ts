import { expect, test } from "bun:test";
import { Glob } from "bun";
import { until } from "../support/e2e/agent.ts";
import { ask, read } from "./harness/ask.ts";
import { withRig } from "./harness/rig.ts";

/** Makes the wall clock of a program what a file says, and leaves the other clocks alone. */
const [FAKETIME] = [...new Glob("/usr/lib/*/faketime/libfaketime.so.1").scanSync("/")];

const title = "a machine whose clock says 1970 starts, and when its clock is set nothing that runs by time expires";
test.skipIf(FAKETIME === undefined)(
  FAKETIME === undefined ? `${title} (not run: there is no libfaketime here; apt-get install faketime)` : title,
  () =>
    withRig(async (rig) => {
      const clock = rig.file("clock", "@1970-01-01 00:00:05\n");
      const variables = [`LD_PRELOAD=${FAKETIME}`, `FAKETIME_TIMESTAMP_FILE=${clock}`];
      const server = await rig.server([], ["env", ...variables, "FAKETIME_NO_CACHE=1", "DONT_FAKE_MONOTONIC=1"]);
      expect(await server.output()).toContain("1970-01-01T00:0");
      const web = { Name: "web", Check: { TTL: "60s", Status: "passing" } };
      await ask(`${server.url}/v1/agent/service/register`, "PUT", JSON.stringify(web));
      const { ID } = await read<{ ID: string }>(`${server.url}/v1/session/create`, "PUT", '{"TTL":"60s"}');
      expect((await ask(`${server.url}/v1/kv/lock?acquire=${ID}`, "PUT", "x")).text.trim()).toBe("true");

      rig.file("clock", "+0\n");
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
