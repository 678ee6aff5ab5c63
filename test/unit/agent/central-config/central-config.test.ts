import { expect, test } from "bun:test";
import { CentralConfig } from "../../../../src/agent/central-config/central-config.ts";
import { KnownConfigs } from "../../../../src/agent/central-config/known-configs.ts";
import type { ServiceConfigSource } from "../../../../src/agent/central-config/source.ts";
import { ServiceConfig, type ServiceConfigRequest } from "../../../../src/model/service-config.ts";
import { MemoryFileStore } from "../../../../src/platform/file-store.ts";
import { agentRig } from "../../../support/agent-rig.ts";

const said = (ProxyConfig: object) => ServiceConfig.parse({ ProxyConfig, UpstreamConfigs: {} });

interface Watch extends ServiceConfigRequest {
  say(config: object): void;
  fail(): void;
  isOver: boolean;
}

/** `known`: what is said at once; else the test says it by the watches. */
function rigWith(known?: object, files = new MemoryFileStore()) {
  const rig = agentRig({ files });
  const watches: Watch[] = [];
  const source: ServiceConfigSource = {
    isRemote: known === undefined,
    watch(request, onConfig, onFailure) {
      const watch: Watch = {
        ...request,
        isOver: false,
        say: (config) => onConfig(said(config)),
        fail: () => onFailure(new Error("No known Consul servers")),
      };
      watches.push(watch);
      if (known !== undefined) watch.say(known);
      return () => {
        watch.isOver = true;
      };
    },
  };
  const hold = () => {
    rig.syncer.pause();
    return () => rig.syncer.resume();
  };
  const knownConfigs = source.isRemote ? new KnownConfigs(files, rig.log) : undefined;
  const central = new CentralConfig({ ...rig, source, known: knownConfigs, hold });
  const configOf = (id: string) => rig.state.service(id)?.service.Proxy.Config;
  const inCatalog = (id: string) => rig.catalog.services.get(id)?.Proxy.Config;
  return { ...rig, files, central, watches, configOf, inCatalog };
}

const sidecarOf = (proxy: object = {}) => ({
  ...{ Name: "web", Port: 80, Connect: { SidecarService: { Proxy: proxy } } },
});
const SIDECAR = "web-sidecar-proxy";
const upstream = (DestinationName: string, LocalBindPort: number) => ({ DestinationName, LocalBindPort });

test("the catalog gets the merged proxy, the file what was registered", async () => {
  const { service, synced, configOf, inCatalog, files, watches } = rigWith({ protocol: "http" });
  await service(sidecarOf({ Config: { own: 1 } }));
  expect(configOf(SIDECAR)).toEqual({ own: 1, protocol: "http" });
  await synced();
  expect(inCatalog(SIDECAR)).toEqual({ own: 1, protocol: "http" });
  expect(inCatalog("web")).toBeUndefined();
  expect(watches.map(({ name, upstreams }) => [name, upstreams])).toEqual([["web", []]]);
  const written = await Promise.all((await files.list("services")).map((name) => files.read(`services/${name}`)));
  expect(written.join("")).toContain('"Config":{"own":1}');
  expect(written.join("")).not.toContain("protocol");
});

test("what a changed entry says is in the catalog soon, and gone when the entry is", async () => {
  const { service, synced, configOf, inCatalog, watches, catalog } = rigWith({ protocol: "http" });
  await service(sidecarOf());
  await synced();
  const told = catalog.calls.length;
  watches[0]?.say({ protocol: "grpc" });
  expect(configOf(SIDECAR)).toEqual({ protocol: "grpc" });
  await synced();
  expect(inCatalog(SIDECAR)).toEqual({ protocol: "grpc" });
  watches[0]?.say({});
  await synced();
  expect(configOf(SIDECAR)).toBeUndefined();
  expect(inCatalog(SIDECAR)).toBeUndefined();
  expect(catalog.calls).toHaveLength(told + 2);
  watches[0]?.say({});
  await synced();
  expect(catalog.calls).toHaveLength(told + 2);
});

test("registering the same again asks for nothing new; other upstreams do, and what was known holds until then", async () => {
  const { service, watches, configOf } = rigWith();
  await service(sidecarOf());
  watches[0]?.say({ protocol: "http" });
  await service(sidecarOf({ Config: { own: 2 } }));
  expect(watches).toHaveLength(1);
  expect(configOf(SIDECAR)).toEqual({ own: 2, protocol: "http" });
  await service(sidecarOf({ Upstreams: [upstream("db", 1), upstream("cache", 2)] }));
  expect(watches.map(({ upstreams, isOver }) => [upstreams, isOver])).toEqual([
    [[], true],
    [["cache", "db"], false],
  ]);
  expect(configOf(SIDECAR)).toEqual({ protocol: "http" });
  watches[0]?.say({ protocol: "late" });
  expect(configOf(SIDECAR)).toEqual({ protocol: "http" });
  watches[1]?.say({ protocol: "grpc" });
  expect(configOf(SIDECAR)).toEqual({ protocol: "grpc" });
});

test("the catalog is not told of a proxy before its first answer, which is waited for, though not for long", async () => {
  for (const end of [
    ({ watches }: ReturnType<typeof rigWith>) => watches[0]?.say({ protocol: "http" }),
    ({ watches }: ReturnType<typeof rigWith>) => watches[0]?.fail(),
    ({ clock }: ReturnType<typeof rigWith>) => clock.advance(2000),
  ]) {
    const rig = rigWith();
    await rig.service(sidecarOf());
    let isSettled = false;
    const waiting = rig.central.settled([SIDECAR, "web"]).then(() => {
      isSettled = true;
    });
    rig.clock.advance(1999);
    await rig.synced();
    expect([isSettled, rig.catalog.calls]).toEqual([false, []]);
    end(rig);
    await waiting;
    await rig.synced();
    expect([...rig.catalog.services.keys()].sort()).toEqual(["web", SIDECAR]);
  }
});

test("a watch ends with its service, and what it held back goes on", async () => {
  const { service, registrar, watches, synced, catalog } = rigWith();
  await service(sidecarOf());
  await service({ Name: "db", Port: 5432 });
  await registrar.deregisterService("web");
  expect(watches[0]?.isOver).toBe(true);
  await synced();
  expect([...catalog.services.keys()]).toEqual(["db"]);
});

test("what the disk remembers is merged, too", async () => {
  const files = new MemoryFileStore();
  await rigWith({ protocol: "http" }, files).service(sidecarOf());
  const { registrar, configOf } = rigWith({ protocol: "grpc" }, files);
  await registrar.restore();
  expect(configOf(SIDECAR)).toEqual({ protocol: "grpc" });
});

test("tags that come from the catalog stay when an entry changes", async () => {
  const { service, synced, watches, catalog, syncer, state } = rigWith({ protocol: "http" });
  await service({
    ...{ Kind: "mesh-gateway", Name: "gw", Port: 80, EnableTagOverride: true, Tags: ["own"] },
  });
  await synced();
  const there = catalog.services.get("gw");
  if (there !== undefined) catalog.services.set("gw", { ...there, Tags: ["theirs"] });
  syncer.fullSync();
  await synced();
  watches[0]?.say({ protocol: "grpc" });
  expect(state.service("gw")?.service.Tags).toEqual(["theirs"]);
  expect(state.service("gw")?.service.Proxy.Config).toEqual({ protocol: "grpc" });
});

test("at the end nothing is watched and nothing is held", async () => {
  const { service, central, watches, clock } = rigWith();
  await service(sidecarOf());
  central.stop();
  expect(watches[0]?.isOver).toBe(true);
  expect(clock.pendingMs).toEqual([]);
});

test("a start without servers has what was known before, until a server says otherwise", async () => {
  const files = new MemoryFileStore();
  const before = rigWith(undefined, files);
  await before.service(sidecarOf());
  await before.service({ Kind: "mesh-gateway", Name: "gw", Port: 81 });
  for (const watch of before.watches) watch.say({ protocol: "http" });
  await before.registrar.deregisterService("gw");
  before.central.stop();
  const after = rigWith(undefined, files);
  await after.central.load();
  await after.registrar.restore();
  after.central.endOfStart();
  expect(after.configOf(SIDECAR)).toEqual({ protocol: "http" });
  expect(await files.list("services/configs")).toHaveLength(1);
  after.watches[0]?.say({ protocol: "grpc" });
  expect(after.configOf(SIDECAR)).toEqual({ protocol: "grpc" });
});
