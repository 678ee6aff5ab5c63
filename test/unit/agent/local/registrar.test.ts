import { expect, test } from "bun:test";
import { NO_SECRET } from "../../../../src/lib/secret.ts";
import { MemoryFileStore } from "../../../../src/platform/file-store.ts";
import { agentRig } from "../../../support/agent-rig.ts";

test("agent: a registered service and its TTL check reach the catalog in one write", async () => {
  const rig = agentRig();
  rig.syncer.start();
  await rig.synced();
  rig.catalog.calls.length = 0;
  await rig.service({ Name: "web", Port: 80, Check: { TTL: "10s" } });
  await rig.synced();
  expect(rig.catalog.calls).toHaveLength(1);
  expect(rig.catalog.services.get("web")?.Port).toBe(80);
  expect(rig.catalog.checks.get("service:web")).toMatchObject({
    Name: "Service 'web' check",
    Status: "critical",
    ServiceID: "web",
    Type: "ttl",
  });
});

test("agent: what a service says of itself reaches the catalog, silence becomes critical", async () => {
  const rig = agentRig();
  await rig.service({ Name: "web", Check: { TTL: "10s" } });
  await rig.registrar.updateTtl("service:web", "passing", "fine");
  await rig.synced();
  expect(rig.catalog.checks.get("service:web")).toMatchObject({ Status: "passing", Output: "fine" });
  rig.clock.advance(10_000);
  await rig.synced();
  const expired = "TTL expired (last output before timeout follows): fine";
  expect(rig.catalog.checks.get("service:web")).toMatchObject({ Status: "critical", Output: expired });
});

test("agent: several checks are numbered from 1 over all, ids of their own stay", async () => {
  const rig = agentRig();
  await rig.service({ Name: "web", Check: { TTL: "1s" }, Checks: [{ CheckID: "own", TTL: "1s" }, { TTL: "1s" }] });
  expect(rig.state.checks().map((local) => local.check.CheckID)).toEqual(["service:web:1", "own", "service:web:3"]);
});

test("agent: registering again keeps other checks and the status of the same one", async () => {
  const rig = agentRig();
  await rig.service({ Name: "web", Check: { TTL: "10s" } });
  await rig.registrar.updateTtl("service:web", "passing", "fine");
  await rig.service({ Name: "web", Checks: [{ CheckID: "n", TTL: "5s" }] });
  await rig.service({ Name: "web", Check: { TTL: "20s" } });
  expect(rig.state.checks().map(({ check }) => [check.CheckID, check.Status])).toEqual([
    ["service:web", "passing"],
    ["n", "critical"],
  ]);
});

test("agent: replace-existing-checks removes the checks that the definition doesn't name", async () => {
  const rig = agentRig();
  await rig.service({ Name: "web", Check: { TTL: "10s" } });
  await rig.service({ Name: "web", Checks: [{ CheckID: "n", TTL: "5s" }] }, true);
  await rig.synced();
  expect([...rig.catalog.checks.keys()]).toEqual(["n"]);
});

test("agent: a sidecar gets a port, Consul's two checks and its parent's tags, and goes with its parent", async () => {
  const rig = agentRig();
  await rig.service({ Name: "web", ID: "web-1", Port: 80, Tags: ["a"], Connect: { SidecarService: {} } });
  expect(rig.state.service("web-1-sidecar-proxy")?.service).toMatchObject({
    Kind: "connect-proxy",
    Service: "web-sidecar-proxy",
    Port: 21000,
    Tags: ["a"],
    Proxy: { DestinationServiceName: "web", DestinationServiceID: "web-1", LocalServicePort: 80 },
  });
  expect(rig.state.checks().map(({ check }) => [check.CheckID, check.Name, check.Type])).toEqual([
    ["service:web-1-sidecar-proxy:1", "Connect Sidecar Listening", "tcp"],
    ["service:web-1-sidecar-proxy:2", "Connect Sidecar Aliasing web-1", "alias"],
  ]);
  await rig.service({ Name: "web", ID: "web-1", Port: 80, Connect: { SidecarService: {} } });
  expect(rig.state.service("web-1-sidecar-proxy")?.service.Port).toBe(21000);
  await rig.registrar.deregisterService("web-1");
  expect(rig.state.services()).toEqual([]);
  expect(rig.state.checks()).toEqual([]);
});

test("agent: a sidecar without a free port is refused before anything is registered", async () => {
  const rig = agentRig();
  for (const Name of ["a", "b", "c"]) await rig.service({ Name, Port: 1, Connect: { SidecarService: {} } });
  await expect(rig.service({ Name: "d", Port: 1, Connect: { SidecarService: {} } })).rejects.toThrow(
    "none left in the configured range [21000, 21002]",
  );
  expect(rig.state.service("d")).toBeUndefined();
});

test("agent: scripts from the API are refused unless allowed, and nothing of the service stays", async () => {
  const rig = agentRig();
  const json = { Name: "web", Check: { Args: ["true"], Interval: "10s" } };
  await expect(rig.service(json)).rejects.toThrow(
    "Scripts are disabled on this agent from remote calls; to enable, configure 'enable_script_checks' to true",
  );
  expect(rig.state.services()).toEqual([]);
});

test("agent: a check of an unknown service, an unknown TTL check and empty ids are refused in Consul's words", async () => {
  const rig = agentRig();
  await expect(rig.check({ Name: "c", ServiceID: "zz", TTL: "1s" })).rejects.toThrow('ServiceID "zz" does not exist');
  await expect(rig.registrar.updateTtl("zz", "passing", "")).rejects.toThrow(
    'CheckID "zz" does not have associated TTL',
  );
  await expect(rig.registrar.deregisterService("")).rejects.toThrow("ServiceID missing");
  await expect(rig.registrar.deregisterCheck("")).rejects.toThrow("CheckID missing");
});

test("agent: a restart brings back services, checks and what TTL checks said, if it still holds", async () => {
  const rig = agentRig();
  await rig.service({ Name: "web", Port: 80, Connect: { SidecarService: {} }, Check: { TTL: "10s" } });
  await rig.check({ Name: "old", TTL: "1s" });
  await rig.registrar.updateTtl("service:web", "passing", "fine");
  await rig.registrar.updateTtl("old", "passing", "fine");
  const clock = rig.clock;
  clock.advance(5_000);
  const again = agentRig({ files: rig.files, clock, catalog: rig.catalog });
  await again.registrar.restore();
  expect(again.state.services().map(({ service }) => service.ID)).toContain("web-sidecar-proxy");
  expect(again.state.check("service:web")?.check).toMatchObject({ Status: "passing", Output: "fine" });
  expect(again.state.check("old")?.check).toMatchObject({ Status: "critical", Output: "" });
  await again.registrar.deregisterService("web");
  expect(again.state.services()).toEqual([]);
  expect(await rig.files.list("services")).toEqual([]);
});

test("agent: a damaged file, or a Consul file with unknown fields, never stops the start", async () => {
  const rig = agentRig();
  await rig.service({ Name: "web" });
  await rig.files.write("services/bad", '{"Token":"s3cret"', true);
  await rig.files.write("checks/bad", "[]", true);
  const fromConsul = {
    Check: {
      Node: "x",
      CheckID: "c",
      Name: "c",
      Status: "passing",
      Notes: "",
      Output: "",
      ServiceID: "",
      ServiceName: "",
    },
    ChkType: { TTL: 10000000000, ProxyHTTP: "", ScriptArgs: null },
  };
  const text = JSON.stringify({
    ...fromConsul,
    Check: { ...fromConsul.Check, ServiceTags: null, Type: "ttl", Definition: {}, CreateIndex: 0, ModifyIndex: 0 },
    Token: "",
    Source: "remote",
  });
  await rig.files.write("checks/c", text, true);
  const again = agentRig({ files: rig.files });
  await again.registrar.restore();
  expect(again.state.services().map(({ service }) => service.ID)).toEqual(["web"]);
  expect(again.state.check("c")?.check).toMatchObject({ Status: "critical", Node: "n1" });
  expect(again.log.messages("warn")).toHaveLength(2);
  expect(JSON.stringify(again.log.lines)).not.toContain("s3cret");
});

test("agent: maintenance is a critical check with Consul's text, kept over a restart; the first reason stays", async () => {
  const rig = agentRig();
  await rig.service({ Name: "web" });
  const { token } = rig.state.service("web")!;
  await rig.registrar.setServiceMaintenance("web", true, "", token);
  await rig.registrar.setNodeMaintenance(true, "first", token);
  await rig.registrar.setNodeMaintenance(true, "second", token);
  const again = agentRig({ files: rig.files });
  await again.registrar.restore();
  expect(again.state.check("_node_maintenance")?.check).toMatchObject({ Notes: "first", Status: "critical" });
  expect(again.state.check("_service_maintenance:web")?.check.Notes).toBe(
    "Maintenance mode is enabled for this service, but no reason was provided. This is a default message.",
  );
  await again.registrar.setNodeMaintenance(false, "", token);
  expect(again.state.check("_node_maintenance")).toBeUndefined();
});

test("agent: a registration right behind a deregistration keeps its own checks and sidecar", async () => {
  const rig = agentRig();
  const json = { Name: "web", Port: 80, Check: { TTL: "10s" }, Connect: { SidecarService: {} } };
  await rig.service(json);
  await Promise.all([rig.registrar.deregisterService("web"), rig.service(json)]);
  expect(rig.state.services().map(({ service }) => service.ID)).toEqual(["web", "web-sidecar-proxy"]);
  expect(rig.state.checks()).toHaveLength(3);
  expect(await rig.files.list("services")).toHaveLength(2);
  expect(await rig.files.list("checks")).toHaveLength(3);
});

test("agent: what the API registered while the disk was read stays", async () => {
  const rig = agentRig();
  await rig.service({ Name: "web", Port: 1 });
  const again = agentRig({ files: rig.files });
  await again.registrar.restore(() => again.service({ Name: "web", Port: 2 }));
  expect(again.state.service("web")?.service.Port).toBe(2);
});

test("agent: what was deregistered on purpose is gone for good, also when the power fails before its file is removed", async () => {
  const files = new MemoryFileStore();
  const rig = agentRig({ files });
  await rig.service({ Name: "web", Port: 80, Connect: { SidecarService: {} }, Check: { TTL: "10s" } });
  await rig.check({ Name: "disk", TTL: "1s" });
  await rig.registrar.setNodeMaintenance(true, "", NO_SECRET);
  // A removal that never reaches the disk.
  files.remove = async () => undefined;
  await rig.registrar.drop("service", "web");
  await rig.registrar.drop("check", "disk");
  await rig.registrar.drop("check", "_node_maintenance");
  expect([rig.state.services(), rig.state.checks()]).toEqual([[], []]);
  expect(rig.log.lines.find(({ message }) => message.startsWith("Drops a service"))?.fields).toEqual({
    service: "web",
    mend: "register it with the API",
  });
  const again = agentRig({ files });
  await again.registrar.restore();
  expect([again.state.services(), again.state.checks()]).toEqual([[], []]);
});

test("agent: a service that is registered anew while it is dropped stays", async () => {
  const files = new MemoryFileStore();
  const rig = agentRig({ files });
  await rig.service({ Name: "web", Port: 80 });
  const dropped = rig.registrar.drop("service", "web");
  await Promise.all([rig.service({ Name: "web", Port: 81 }), dropped]);
  const again = agentRig({ files });
  await again.registrar.restore();
  expect([rig, again].map(({ state }) => state.service("web")?.service.Port)).toEqual([81, 81]);
});
