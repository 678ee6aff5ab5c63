import { expect, test } from "bun:test";
import { agentTelemetryRoutes } from "../../../../src/http/routes/agent-telemetry.ts";
import { LogHub } from "../../../../src/platform/log/hub.ts";
import { httpRig } from "../../../support/http-rig.ts";
import { ManualClock } from "../../../support/manual-clock.ts";

function rig(prometheus?: string) {
  const hub = new LogHub({ clock: new ManualClock(), level: "error", json: false, sinks: [] });
  const telemetry = {
    metrics: () => ({ Gauges: [] }),
    prometheus: () => prometheus,
    subscribe: hub.subscribe.bind(hub),
  };
  return { log: hub.logger("agent"), ...httpRig(agentTelemetryRoutes, { telemetry }) };
}

test("agent/metrics: JSON, or Prometheus text when that is kept", async () => {
  expect(await (await rig().send("GET", "/v1/agent/metrics")).json()).toEqual({ Gauges: [] });
  const refused = await rig().send("GET", "/v1/agent/metrics?format=prometheus");
  expect([refused.status, await refused.text()]).toEqual([
    415,
    "Prometheus is not enabled since its retention time is not positive",
  ]);
  const scraper = { headers: { accept: "application/openmetrics-text;version=1.0.0,*/*" } };
  const scraped = await rig("a 1\n").send("GET", "/v1/agent/metrics", scraper);
  expect(await scraped.text()).toBe("a 1\n");
});

test("agent/monitor: streams lines from its own level until the reader leaves", async () => {
  const { send, log, held } = rig();
  const answer = await send("GET", "/v1/agent/monitor?loglevel=debug&logjson");
  const reader = (answer.body as ReadableStream<Uint8Array>).getReader();
  log.trace("no");
  log.debug("yes", { a: 1 });
  const { value } = await reader.read();
  expect(JSON.parse(new TextDecoder().decode(value))).toMatchObject({ "@message": "yes", a: 1 });
  expect(held).toEqual(["hold"]);
  await reader.cancel();
  log.debug("late");
});

test("agent/monitor: an unknown level is refused", async () => {
  const answer = await rig().send("GET", "/v1/agent/monitor?loglevel=foo");
  expect([answer.status, await answer.text()]).toEqual([400, "Bad request: Unknown log level: foo"]);
});
