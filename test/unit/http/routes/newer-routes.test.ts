import { describe, expect, test } from "bun:test";
import { agentNodeRoutes } from "../../../../src/http/routes/agent-node.ts";
import { agentTelemetryRoutes } from "../../../../src/http/routes/agent-telemetry.ts";
import { agentVersionRoutes } from "../../../../src/http/routes/agent-version.ts";
import { catalogRoutes } from "../../../../src/http/routes/catalog.ts";
import { debugPprofRoutes } from "../../../../src/http/routes/debug-pprof.ts";
import { exportedServicesRoutes } from "../../../../src/http/routes/exported-services.ts";
import { operatorUsageRoutes } from "../../../../src/http/routes/operator-usage.ts";
import { peeringRoutes } from "../../../../src/http/routes/peering.ts";
import { serviceList } from "../../../../src/state/services/queries.ts";
import { usageOf } from "../../../../src/state/services/usage.ts";
import { httpRig } from "../../../support/http-rig.ts";
import { World } from "../../state/catalog/world.ts";

const answerOf = async (response: Response) => [response.status, await response.text()];

test("agent/version has the fields of Consul 1.13", async () => {
  const answer = await httpRig(agentVersionRoutes, {}).send("GET", "/v1/agent/version");
  expect(await answer.json()).toEqual({
    SHA: expect.stringMatching(/^muster-/),
    BuildDate: expect.any(String),
    HumanVersion: "1.8.7",
    FIPS: "",
  });
});

describe("peering", () => {
  const { send } = httpRig(peeringRoutes, {});

  test("there are no peers", async () => {
    expect(await answerOf(await send("GET", "/v1/peerings"))).toEqual([200, "[]"]);
    expect(await answerOf(await send("GET", "/v1/peering/west"))).toEqual([404, 'Peering not found for "west"']);
  });

  test("writes are refused with what to do instead", async () => {
    for (const [method, path] of [
      ["POST", "/v1/peering/token"],
      ["POST", "/v1/peering/establish"],
      ["DELETE", "/v1/peering/west"],
    ] as const) {
      const answer = await send(method, path);
      expect(answer.status).toBe(400);
      expect(await answer.text()).toMatch(/no cluster peering.*retry_join_wan/);
    }
  });
});

test("debug/pprof: as Consul without enable_debug; with it, that there are no profiles", async () => {
  const of = async (isEnabled: boolean) =>
    answerOf(
      await httpRig(debugPprofRoutes, { debug: { isEnabled: () => isEnabled } }).send("GET", "/debug/pprof/heap"),
    );
  expect(await of(false)).toEqual([401, "ACL support disabled"]);
  expect(await of(true)).toEqual([501, expect.stringContaining("/v1/agent/metrics")]);
});

describe("operator/usage", () => {
  const world = new World();
  world.register("a", { service: { Service: "web" } });
  const here = usageOf(world.db);
  const usage = {
    datacenter: "dc2",
    here: () => here,
    elsewhere: async () => new Map([["dc1", { ...here, Nodes: 7 }]]),
    index: () => 9,
  };
  const { send } = httpRig(operatorUsageRoutes, { usage });

  test("is of this datacenter", async () => {
    expect(await (await send("GET", "/v1/operator/usage")).json()).toEqual({
      ...{ Usage: { dc2: here }, Index: 9, LastContact: 0, KnownLeader: true, ConsistencyLevel: "leader" },
      ...{ NotModified: false, Backend: 0, ResultsFilteredByACLs: false },
    });
  });

  test("`global` adds all others", async () => {
    const { Usage } = (await (await send("GET", "/v1/operator/usage?global")).json()) as { Usage: object };
    expect(Usage).toEqual({ dc1: { ...here, Nodes: 7 }, dc2: here });
  });
});

test("exported-services are read, and nothing is imported", async () => {
  const list = () => ({
    value: [{ Service: "web", Consumers: { Peers: ["east"] } }],
    index: 3,
    interest: { topics: [] },
  });
  const { send } = httpRig(exportedServicesRoutes, { exportedServices: { list } });
  const exported = await send("GET", "/v1/exported-services");
  expect(exported.headers.get("x-consul-index")).toBe("3");
  expect(await exported.json()).toEqual([{ Service: "web", Consumers: { Peers: ["east"] } }]);
  expect(await answerOf(await send("GET", "/v1/imported-services"))).toEqual([200, "[]"]);
});

test("agent/members are filtered", async () => {
  const members = () => [
    { Name: "a", Tags: { role: "consul" }, Status: 1 },
    { Name: "b", Tags: { role: "node" }, Status: 4 },
  ];
  const { send } = httpRig(agentNodeRoutes, { node: { members } });
  const names = async (filter: string) => {
    const answer = await send("GET", `/v1/agent/members?filter=${encodeURIComponent(filter)}`);
    return answer.status === 200
      ? ((await answer.json()) as { Name: string }[]).map(({ Name }) => Name)
      : await answer.text();
  };
  expect(await names('Tags.role == "consul"')).toEqual(["a"]);
  expect(await names("Status != 1")).toEqual(["b"]);
  expect(await names("Nope == 1")).toContain('Selector "Nope" is not valid');
});

test("catalog/services are those of the instances that the filter keeps", async () => {
  const world = new World();
  world.register("a", { service: { Service: "web", Tags: ["x"], Port: 80 } });
  world.register("b", { service: { Service: "web", Tags: ["y"], Port: 81 } });
  world.register("b", { service: { Service: "db" } });
  const catalog = { services: serviceList.bind(undefined, world.db) };
  const { send } = httpRig(catalogRoutes, { catalog });
  const filter = encodeURIComponent('ServicePort == 81 or ServiceName == "db"');
  expect(await (await send("GET", `/v1/catalog/services?filter=${filter}`)).json()).toEqual({ db: [], web: ["y"] });
  expect((await send("GET", "/v1/catalog/services?filter=%3D")).status).toBe(500);
});

test("agent/metrics/stream gives a line for each interval until its reader leaves", async () => {
  let wakes: (() => void)[] = [];
  let ended = false;
  let interval = 0;
  const telemetry = {
    nextMetrics: (signal: AbortSignal) =>
      new Promise((resolve) => {
        wakes.push(() => resolve({ Interval: ++interval }));
        signal.addEventListener("abort", () => {
          ended = true;
          resolve({});
        });
      }),
  };
  const answer = await httpRig(agentTelemetryRoutes, { telemetry }).send("GET", "/v1/agent/metrics/stream");
  const reader = (answer.body as ReadableStream<Uint8Array>).getReader();
  for (const wanted of ['{"Interval":1}\n', '{"Interval":2}\n']) {
    const read = reader.read();
    while (wakes.length === 0) await new Promise((resolve) => setImmediate(resolve));
    for (const wake of wakes) wake();
    wakes = [];
    expect(new TextDecoder().decode((await read).value)).toBe(wanted);
  }
  await reader.cancel();
  expect(ended).toBe(true);
});
