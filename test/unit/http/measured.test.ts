import { expect, test } from "bun:test";
import { measured, measureName, requestTimer } from "../../../src/http/measured.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { silentMeter } from "../../support/silent.ts";

test.each([
  ["GET", "/v1/kv/:key{.*}", "http.GET.v1.kv._"],
  ["GET", "/v1/agent/self", "http.GET.v1.agent.self"],
  ["PUT", "/v1/agent/service/register", "http.PUT.v1.agent.service.register"],
  ["GET", "/v1/health/service/:service", "http.GET.v1.health.service._"],
])("%s %s is measured under %s, as Consul does", (method, path, name) => {
  expect(measureName(method, path)).toBe(name);
});

test("an answer is measured from its request to its end", async () => {
  const clock = new ManualClock();
  const samples: unknown[] = [];
  const meter = { ...silentMeter, sample: (...sample: unknown[]) => void samples.push(sample) };
  const end = Promise.withResolvers<Response>();
  const answer = measured(requestTimer("http.GET.v1.thing", { meter, clock }), () => end.promise)(undefined);
  clock.advance(250);
  end.resolve(new Response("x"));
  await answer;
  expect(samples).toEqual([["http.GET.v1.thing", 250, undefined, 1]]);
});
