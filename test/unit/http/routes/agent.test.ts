import { expect, test } from "bun:test";
import { agentServiceTopic } from "../../../../src/agent/topics.ts";
import type { LocalAgent } from "../../../../src/http/agent-deps.ts";
import { agentCheckRoutes } from "../../../../src/http/routes/agent-check.ts";
import { agentHealthRoutes } from "../../../../src/http/routes/agent-health.ts";
import { agentMaintenanceRoutes } from "../../../../src/http/routes/agent-maintenance.ts";
import { agentServiceRoutes } from "../../../../src/http/routes/agent-service.ts";
import { agentRig } from "../../../support/agent-rig.ts";
import { httpRig, leaderless } from "../../../support/http-rig.ts";

const routes = [...agentServiceRoutes, ...agentCheckRoutes, ...agentHealthRoutes, ...agentMaintenanceRoutes];

function rig() {
  const { state, registrar } = agentRig();
  const agent: LocalAgent = {
    services: () => state.services(),
    service: (id) => state.service(id),
    checks: () => state.checks(),
    registerService: (definition, origin, replace) => registrar.registerService(definition, origin, replace),
    deregisterService: (id) => registrar.deregisterService(id),
    registerCheck: (definition, origin) => registrar.registerCheck(definition, origin),
    deregisterCheck: (id) => registrar.deregisterCheck(id),
    updateTtl: (id, status, output) => registrar.updateTtl(id, status, output),
    setServiceMaintenance: (id, enable, reason, token) => registrar.setServiceMaintenance(id, enable, reason, token),
    setNodeMaintenance: (enable, reason, token) => registrar.setNodeMaintenance(enable, reason, token),
  };
  // No leader: an agent's own endpoints don't need one.
  const { send, publisher } = httpRig(routes, { agent }, { consensus: leaderless() });
  state.subscribe(({ serviceId }) => publisher.publish(new Set([agentServiceTopic(serviceId)]), 1));
  const put = (path: string, json?: unknown) =>
    send("PUT", `/v1/agent/${path}`, json === undefined ? {} : { body: JSON.stringify(json) });
  const get = (path: string) => send("GET", `/v1/agent/${path}`);
  return { put, get, send, state };
}

const textOf = async (answer: Promise<Response>) => [(await answer).status, await (await answer).text()];

test("agent/service: what is registered is listed in Consul's shape, sorted by id", async () => {
  const { put, get } = rig();
  expect(await textOf(put("service/register", { name: "web", port: 80, meta: { b: "1", a: "2" } }))).toEqual([200, ""]);
  await put("service/register", { Name: "api", Address: "10.0.0.1" });
  expect(await (await get("services")).text()).toBe(
    '{"api":{"ID":"api","Service":"api","Tags":[],"Meta":{},"Port":0,"Address":"10.0.0.1","TaggedAddresses":{"lan_ipv4":{"Address":"10.0.0.1","Port":0},"wan_ipv4":{"Address":"10.0.0.1","Port":0}},"Weights":{"Passing":1,"Warning":1},"EnableTagOverride":false},' +
      '"web":{"ID":"web","Service":"web","Tags":[],"Meta":{"a":"2","b":"1"},"Port":80,"Address":"","Weights":{"Passing":1,"Warning":1},"EnableTagOverride":false}}',
  );
  const filtered = (await (await get("services?filter=Port==80")).json()) as object;
  expect(Object.keys(filtered)).toEqual(["web"]);
});

test("agent/service: bodies are refused in Go's words", async () => {
  const { put, send } = rig();
  expect(await textOf(put("service/register", { Name: "a", foo: 1 }))).toEqual([
    400,
    'Request decode failed: json: unknown field "foo"',
  ]);
  expect(await textOf(send("PUT", "/v1/agent/service/register"))).toEqual([400, "Request decode failed: EOF"]);
  expect(await textOf(put("service/register", {}))).toEqual([400, "Missing service name"]);
  expect(await textOf(put("check/register", { Name: "a", Args: "x" }))).toEqual([
    400,
    "Request decode failed: json: cannot unmarshal string into Go struct field .args of type []string",
  ]);
});

test("agent/service/:id: waits by content hash, and only for its own service", async () => {
  const { put, get } = rig();
  await put("service/register", { Name: "web", Port: 80 });
  const first = await get("service/web");
  const hash = first.headers.get("x-consul-contenthash") ?? "";
  expect(((await first.json()) as { ContentHash: string }).ContentHash).toBe(hash);
  let answered = false;
  const waiting = get(`service/web?hash=${hash}&wait=60s`).then((answer) => {
    answered = true;
    return answer;
  });
  await put("service/register", { Name: "other" });
  await put("service/register", { Name: "web", Port: 80 });
  expect(answered).toBe(false);
  await put("service/register", { Name: "web", Port: 81 });
  expect(await (await waiting).json()).toMatchObject({ Port: 81 });
  expect(await textOf(get("service/none"))).toEqual([404, "unknown service ID: none"]);
});

test("agent/check: pass, warn, fail and update set a TTL check; others are refused", async () => {
  const { put, state } = rig();
  await put("check/register", { Name: "c", TTL: "10s" });
  for (const [call, status] of [
    ["pass", "passing"],
    ["warn", "warning"],
    ["fail", "critical"],
  ] as const) {
    expect((await put(`check/${call}/c?note=n`)).status).toBe(200);
    expect(state.check("c")?.check).toMatchObject({ Status: status, Output: "n" });
  }
  await put("check/update/c", { Status: "passing", Output: "o" });
  expect(state.check("c")?.check.Output).toBe("o");
  expect(await textOf(put("check/update/c", { Status: "x" }))).toEqual([400, "Invalid check status: 'x'"]);
  expect(await textOf(put("check/pass/none"))).toEqual([500, 'CheckID "none" does not have associated TTL']);
});

test("agent/checks: an unknown selector matters only when there is a check", async () => {
  const { put, get } = rig();
  expect(await textOf(get("checks?filter=Foo==x"))).toEqual([200, "{}"]);
  await put("check/register", { Name: "c", TTL: "10s" });
  expect(await textOf(get("checks?filter=Foo==x"))).toEqual([500, 'Selector "Foo" is not valid']);
  expect((await textOf(get("checks?filter=Foo")))[1]).toStartWith("Failed to create boolean expression evaluator: 1:4");
});

test("agent/health: the worst check decides on status, code and text; maintenance is worse than critical", async () => {
  const { put, get } = rig();
  await put("service/register", { Name: "web", Check: { TTL: "10s", Status: "passing" } });
  await put("service/register", { Name: "web", ID: "web-2", Check: { TTL: "10s", Status: "warning" } });
  const seen = async (path: string) => {
    const answer = await get(`health/service/${path}`);
    return [answer.status, answer.headers.get("x-consul-reason"), await answer.text()];
  };
  expect(await seen("id/web?format=text")).toEqual([200, "passing", "passing"]);
  expect(await seen("id/web-2?format=text")).toEqual([429, "warning", "warning"]);
  expect(await seen("name/web?format=text")).toEqual([429, "warning", "warning"]);
  await put("check/register", { Name: "node", TTL: "10s" });
  expect(await seen("id/web?format=text")).toEqual([503, "critical", "critical"]);
  await put("service/maintenance/web?enable=true");
  expect(await seen("id/web?format=text")).toEqual([503, "maintenance", "maintenance"]);
  expect(await seen("id/none")).toEqual([
    404,
    "ServiceId none not found",
    '{"AggregatedStatus":"critical","Service":null,"Checks":null}',
  ]);
  expect(await seen("name/none")).toEqual([404, "ServiceName none Not Found", "[]"]);
});

test("agent/maintenance: enable is needed, in Go's words for booleans", async () => {
  const { put, state } = rig();
  expect(await textOf(put("maintenance"))).toEqual([400, "Missing value for enable"]);
  expect(await textOf(put("maintenance?enable=x"))).toEqual([400, 'Invalid value for enable: "x"']);
  expect((await put("maintenance?enable=t&reason=r")).status).toBe(200);
  expect(state.check("_node_maintenance")?.check.Notes).toBe("r");
  expect(await textOf(put("service/maintenance/?enable=true"))).toEqual([400, "Missing service ID"]);
  expect((await textOf(put("service/maintenance/zz?enable=true")))[0]).toBe(404);
});

test("agent: the request's token is kept, never printed", async () => {
  const { send, state, get } = rig();
  const init = { body: JSON.stringify({ Name: "web", Token: "in-body" }), headers: { "X-Consul-Token": "s3cret" } };
  await send("PUT", "/v1/agent/service/register", init);
  expect(state.service("web")?.token.reveal()).toBe("s3cret");
  expect(JSON.stringify(state.services())).not.toContain("s3cret");
  expect(await (await get("services")).text()).not.toContain("s3cret");
});
