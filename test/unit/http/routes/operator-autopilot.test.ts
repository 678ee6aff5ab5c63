import { expect, test } from "bun:test";
import type { OperatorDeps } from "../../../../src/http/operator-deps.ts";
import { operatorAutopilotRoutes } from "../../../../src/http/routes/operator-autopilot.ts";
import type { StoredAutopilotConfiguration } from "../../../../src/model/autopilot.ts";
import { httpRig, leaderless } from "../../../support/http-rig.ts";

const STORED: StoredAutopilotConfiguration = {
  CleanupDeadServers: true,
  LastContactThreshold: 200e6,
  MaxTrailingLogs: 250,
  MinQuorum: 0,
  ServerStabilizationTime: 10e9,
  RedundancyZoneTag: "",
  DisableUpgradeMigration: false,
  UpgradeVersionTag: "",
  CreateIndex: 4,
  ModifyIndex: 9,
};
const PRINTED =
  '{"CleanupDeadServers":true,"LastContactThreshold":"200ms","MaxTrailingLogs":250,"MinQuorum":0,' +
  '"ServerStabilizationTime":"10s","RedundancyZoneTag":"","DisableUpgradeMigration":false,"UpgradeVersionTag":"",' +
  '"CreateIndex":4,"ModifyIndex":9}';

function rig(options: Parameters<typeof httpRig>[2] = {}, isHealthy = true) {
  const calls: unknown[] = [];
  const operator: Partial<OperatorDeps["operator"]> = {
    autopilotConfiguration: () => STORED,
    async setAutopilotConfiguration(configuration, cas) {
      calls.push([configuration, cas]);
      return cas === undefined || cas === STORED.ModifyIndex;
    },
    async serverHealth() {
      return { Healthy: isHealthy, FailureTolerance: 1, Servers: [] };
    },
    async autopilotState() {
      return {
        Healthy: isHealthy,
        FailureTolerance: 1,
        OptimisticFailureTolerance: 1,
        Servers: {},
        Leader: "id-1",
        Voters: ["id-1"],
      };
    },
  };
  const { send } = httpRig(operatorAutopilotRoutes, { operator }, options);
  const ask = async (method: string, path: string, body?: string) => {
    const answer = await send(method, `/v1/operator/autopilot/${path}`, body === undefined ? {} : { body });
    return [answer.status, await answer.text()] as const;
  };
  return { ask, calls, send };
}

test("the configuration, as Consul 1.8.7 prints it", async () => {
  expect(await rig().ask("GET", "configuration")).toEqual([200, PRINTED]);
});

test("without a leader the configuration is told to who asks for a stale one", async () => {
  const { ask } = rig({ consensus: leaderless(100) });
  expect(await ask("GET", "configuration")).toEqual([500, "No cluster leader"]);
  expect((await ask("GET", "configuration?stale"))[0]).toBe(200);
});

test("what was read may be written back, its indexes count for nothing", async () => {
  const { ask, calls } = rig();
  expect(await ask("PUT", "configuration", PRINTED)).toEqual([200, "true"]);
  const { CreateIndex: _c, ModifyIndex: _m, ...configuration } = STORED;
  expect(calls).toEqual([[configuration, undefined]]);
});

test("what a body leaves out is zero; durations are texts or nanoseconds", async () => {
  const { ask, calls } = rig();
  await ask("PUT", "configuration", '{"LastContactThreshold":1000,"serverstabilizationtime":"2s","MinQuorum":null}');
  const zero = { CleanupDeadServers: false, MaxTrailingLogs: 0, MinQuorum: 0 };
  const tags = { RedundancyZoneTag: "", DisableUpgradeMigration: false, UpgradeVersionTag: "" };
  expect(calls).toEqual([
    [{ ...zero, ...tags, LastContactThreshold: 1000, ServerStabilizationTime: 2_000_000_000 }, undefined],
  ]);
});

test("cas writes only over what it names", async () => {
  const { ask } = rig();
  expect(await ask("PUT", "configuration?cas=9", "{}")).toEqual([200, "true"]);
  expect(await ask("PUT", "configuration?cas=8", "{}")).toEqual([200, "false"]);
});

test.each([
  ["", "EOF"],
  ["{", "unexpected EOF"],
  ["[]", "json: cannot unmarshal array into Go value of type api.AutopilotConfiguration"],
  ['{"bogus":1}', 'json: unknown field "bogus"'],
  ['{"LastContactThreshold":"x"}', 'time: invalid duration "x"'],
  [
    '{"MinQuorum":"x"}',
    "json: cannot unmarshal string into Go struct field AutopilotConfiguration.MinQuorum of type uint",
  ],
  [
    '{"MaxTrailingLogs":-1}',
    "json: cannot unmarshal number -1 into Go struct field AutopilotConfiguration.MaxTrailingLogs of type uint64",
  ],
  ['{"LastContactThreshold":"-1s"}', "LastContactThreshold must not be negative"],
])("the body %p is refused", async (body, reason) => {
  const { ask, calls } = rig();
  expect(await ask("PUT", "configuration", body)).toEqual([
    400,
    `Bad request: Error parsing autopilot config: ${reason}`,
  ]);
  expect(calls).toEqual([]);
});

test("a bad cas is refused", async () => {
  const { ask, calls } = rig();
  expect(await ask("PUT", "configuration?cas=x", "{}")).toEqual([
    400,
    'Bad request: Error parsing cas value: strconv.ParseUint: parsing "x": invalid syntax',
  ]);
  expect(calls).toEqual([]);
});

test("health is 429 when not all are well", async () => {
  expect(await rig().ask("GET", "health")).toEqual([200, '{"Healthy":true,"FailureTolerance":1,"Servers":[]}']);
  const sick = await rig({}, false).send("GET", "/v1/operator/autopilot/health");
  expect([sick.status, sick.headers.get("content-type")]).toEqual([429, "application/json"]);
});

test("the state is 200 also when not all are well", async () => {
  const [status, body] = await rig({}, false).ask("GET", "state");
  expect([status, JSON.parse(body).Leader]).toEqual([200, "id-1"]);
});

test.each(["configuration", "health", "state"])("%s is never stale and consistent at once", async (path) => {
  expect(await rig().ask("GET", `${path}?stale&consistent`)).toEqual([
    400,
    "Cannot specify ?stale with ?consistent, conflicting semantics.",
  ]);
});
