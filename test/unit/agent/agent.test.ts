import { afterAll, expect, test } from "bun:test";
import { Agent, type AgentOptions } from "../../../src/agent/agent.ts";
import { NO_SECRET } from "../../../src/lib/secret.ts";
import { decodeCheckDefinition, decodeServiceDefinition } from "../../../src/model/definition.ts";
import { ServiceConfig } from "../../../src/model/service-config.ts";
import { MemoryFileStore } from "../../../src/platform/file-store.ts";
import { NodeHttpProber } from "../../../src/platform/http-prober.ts";
import { NodeHttp2Prober } from "../../../src/platform/http2-prober.ts";
import { BunProcessRunner } from "../../../src/platform/process.ts";
import { NodeSocketProber } from "../../../src/platform/socket-prober.ts";
import { FakeCatalog } from "../../support/agent-rig.ts";
import { ManualClock, settle } from "../../support/manual-clock.ts";
import { RecordingLogger } from "../../support/recording-logger.ts";

const settings = { checkUpdateIntervalMs: 300_000, discardCheckOutput: false };
const web = decodeServiceDefinition({ Name: "web", Port: 80, Check: { TTL: "10s", Status: "passing" } });
const cache = decodeServiceDefinition({ Name: "cache", Port: 6379 });
const disk = decodeCheckDefinition({ Name: "disk", TTL: "10s" });
const agents: Agent[] = [];
afterAll(() => {
  for (const agent of agents) agent.stop();
});

function agentWith(options: Partial<AgentOptions> = {}) {
  const clock = new ManualClock();
  const catalog = new FakeCatalog();
  const changed: string[] = [];
  const node = { datacenter: "dc1", id: "i", name: "n1", address: "10.0.0.1", taggedAddresses: {}, meta: {} };
  const agent = new Agent({
    ...{ clock, catalog, log: new RecordingLogger(), files: new MemoryFileStore(), settings },
    random: { float: () => 0, uuid: () => "" },
    identity: () => node,
    agentToken: () => NO_SECRET,
    clusterSize: () => 1,
    processes: new BunProcessRunner(),
    http: new NodeHttpProber(),
    sockets: new NodeSocketProber(),
    loadHttp2: async () => new NodeHttp2Prober(),
    dockerHost: "",
    sidecarPorts: { min: 21000, max: 21255 },
    scripts: { local: true, remote: false },
    checkOutputBytesMax: 4096,
    definitions: { services: [], checks: [] },
    onServiceChange: (id) => changed.push(id),
    ...options,
  });
  agents.push(agent);
  return { agent, clock, catalog, changed };
}

test("agent: what files define is in the catalog after the start, but not on disk", async () => {
  const files = new MemoryFileStore();
  const { agent, catalog, changed } = agentWith({ files, definitions: { services: [web], checks: [disk] } });
  await agent.start();
  await agent.syncer.idle();
  expect([...catalog.services.keys()]).toEqual(["web"]);
  expect([...catalog.checks.keys()]).toEqual(["service:web", "disk"]);
  expect(await files.list("services")).toEqual([]);
  expect(await files.list("checks")).toEqual([]);
  expect(new Set(changed)).toEqual(new Set(["web"]));
});

test("agent: a file wins over a registration on disk with its id, and what its TTL check said stays", async () => {
  const files = new MemoryFileStore();
  const clock = new ManualClock();
  const before = agentWith({ files, clock }).agent;
  await before.start();
  await before.registerService({ ...web, Port: 1 }, { token: NO_SECRET, source: "remote" }, false);
  await before.updateTtl("service:web", "warning", "said");
  const after = agentWith({ files, clock, definitions: { services: [web], checks: [] } }).agent;
  await after.start();
  expect(after.service("web")?.service.Port).toBe(80);
  expect(after.checks().map(({ check }) => [check.Status, check.Output])).toEqual([["warning", "said"]]);
  expect(await files.list("services")).toEqual([]);
});

test("agent: a reload drops what the files no longer define, keeps statuses and what the API registered", async () => {
  const { agent, catalog } = agentWith({ definitions: { services: [web, cache], checks: [disk] } });
  await agent.start();
  await agent.registerService(decodeServiceDefinition({ Name: "api" }), { token: NO_SECRET, source: "remote" }, false);
  await agent.updateTtl("disk", "passing", "plenty");
  await agent.setNodeMaintenance(true, "", NO_SECRET);
  await agent.reload({ services: [cache], checks: [disk] }, settings);
  await agent.syncer.idle();
  expect([...catalog.services.keys()].sort()).toEqual(["api", "cache"]);
  expect(catalog.checks.get("disk")).toMatchObject({ Status: "passing", Output: "plenty" });
  expect([...catalog.checks.keys()].sort()).toEqual(["_node_maintenance", "disk"]);
});

test("agent: a bad definition in a file rejects the start", async () => {
  const bad = decodeServiceDefinition({ Name: "web", Check: { HTTP: "http://x" } });
  const { agent } = agentWith({ definitions: { services: [bad], checks: [] } });
  await expect(agent.start()).rejects.toThrow("Interval must be > 0 for Script, HTTP, or TCP checks");
});

test("agent: a sidecar's alias follows its parent's checks", async () => {
  const { agent } = agentWith();
  await agent.start();
  const json = { Name: "web", Port: 80, Connect: { SidecarService: {} }, Check: { TTL: "10s" } };
  await agent.registerService(decodeServiceDefinition(json), { token: NO_SECRET, source: "remote" }, false);
  await agent.updateTtl("service:web", "passing", "");
  await settle();
  const alias = () => agent.checks().find(({ check }) => check.Type === "alias")?.check;
  expect(alias()).toMatchObject({ Status: "passing", Output: "All checks passing." });
  await agent.updateTtl("service:web", "critical", "broken");
  await settle();
  expect(alias()).toMatchObject({
    Status: "critical",
    Output: `Aliased check "Service 'web' check" failing: broken`,
  });
});

test("agent: two aliases that look at each other come to rest", async () => {
  const { agent } = agentWith();
  await agent.start();
  for (const [Name, AliasService] of [
    ["a", "b"],
    ["b", "a"],
  ]) {
    const definition = decodeServiceDefinition({ Name, Check: { AliasService } });
    await agent.registerService(definition, { token: NO_SECRET, source: "remote" }, false);
  }
  await settle(200);
  const before = JSON.stringify(agent.checks());
  await settle(200);
  expect(JSON.stringify(agent.checks())).toBe(before);
  expect(before.length).toBeLessThan(5_000);
});

test("agent: its figures count monitors and TTL checks", async () => {
  const { agent } = agentWith({ definitions: { services: [web], checks: [disk] } });
  await agent.start();
  expect(agent.stats()).toEqual({ check_monitors: "0", check_ttls: "2", checks: "2", services: "1" });
});

test("agent: a stopped agent leaves no timer behind", async () => {
  const { agent, clock } = agentWith({ definitions: { services: [web], checks: [disk] } });
  await agent.start();
  await agent.syncer.idle();
  agent.stop();
  expect(clock.pendingMs).toEqual([]);
});

test("agent: a sidecar is registered when what config entries say of it is merged, and its change is told", async () => {
  const said = ServiceConfig.parse({ ProxyConfig: { protocol: "http" }, UpstreamConfigs: {} });
  let say = (): void => undefined;
  const serviceConfigs: AgentOptions["serviceConfigs"] = {
    isRemote: true,
    watch(_request, onConfig) {
      say = () => onConfig(said);
      return () => undefined;
    },
  };
  const { agent, changed } = agentWith({ serviceConfigs });
  await agent.start();
  const sidecar = decodeServiceDefinition({ Name: "web", Port: 80, Connect: { SidecarService: {} } });
  const registered = agent.registerService(sidecar, { token: NO_SECRET, source: "remote" }, false);
  await settle();
  changed.length = 0;
  say();
  await registered;
  expect(agent.service("web-sidecar-proxy")?.service.Proxy.Config).toEqual({ protocol: "http" });
  expect(changed).toEqual(["web-sidecar-proxy"]);
});
