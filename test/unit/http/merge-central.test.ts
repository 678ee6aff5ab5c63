import { expect, test } from "bun:test";
import { buildService } from "../../../src/agent/local/build.ts";
import { catalogRoutes } from "../../../src/http/routes/catalog.ts";
import { healthRoutes } from "../../../src/http/routes/health.ts";
import { ServiceDefaults } from "../../../src/model/config-entry/defaults.ts";
import { decodeServiceDefinition } from "../../../src/model/definition.ts";
import { healthConnect, healthService, nodeWithServices } from "../../../src/state/catalog/queries.ts";
import { resolveServiceConfig } from "../../../src/state/config-entries/resolve.ts";
import { connectNodes, serviceNodes } from "../../../src/state/services/queries.ts";
import { httpRig } from "../../support/http-rig.ts";
import { registerNode, stateRig } from "../../support/state-rig.ts";

const SIDECAR = {
  ...{ Name: "web-proxy", Kind: "connect-proxy", Port: 1 },
  Proxy: {
    ...{ DestinationServiceName: "web", DestinationServiceID: "web", Config: { own: 1 } },
    Upstreams: [{ DestinationName: "db", LocalBindPort: 2 }],
  },
};

function rig() {
  const { apply, db, publisher } = stateRig();
  registerNode({ apply } as never, "n1");
  const register = (definition: object) =>
    apply({
      type: "catalog.register",
      node: { ID: "", Node: "n1", Address: "10.0.0.1", Datacenter: "dc1", TaggedAddresses: null, Meta: null },
      skipNodeUpdate: true,
      service: buildService(decodeServiceDefinition(definition)),
      checks: [],
    });
  const set = (Name: string, Protocol: string) =>
    apply({ type: "config-entry.set", entry: ServiceDefaults.parse({ Kind: "service-defaults", Name, Protocol }) });
  register(SIDECAR);
  register({ Name: "plain", Port: 3 });
  const centralConfig = {
    resolve: (request: Parameters<typeof resolveServiceConfig>[1]) => resolveServiceConfig(db, request),
  };
  const { send } = httpRig(
    [...catalogRoutes, ...healthRoutes],
    {
      centralConfig,
      catalog: {
        serviceNodes: (...args: [string, never]) => serviceNodes(db, ...args),
        connectNodes: (...args: [string, never]) => connectNodes(db, ...args),
        node: (name: string) => nodeWithServices(db, name),
      },
      health: {
        service: (...args: [string, never]) => healthService(db, ...args),
        connect: (...args: [string, never]) => healthConnect(db, ...args),
      },
    },
    { publisher },
  );
  return { set, get: (path: string) => send("GET", path) };
}

/** Of the sidecar, wherever it stands in an answer. */
const ANSWERS: Readonly<Record<string, (json: never) => { Config?: unknown; Upstreams?: { Config: unknown }[] }>> = {
  "/v1/catalog/service/web-proxy": (json: { ServiceProxy: object }[]) => json[0]?.ServiceProxy ?? {},
  "/v1/catalog/connect/web": (json: { ServiceProxy: object }[]) => json[0]?.ServiceProxy ?? {},
  "/v1/health/service/web-proxy": (json: { Service: { Proxy: object } }[]) => json[0]?.Service.Proxy ?? {},
  "/v1/health/connect/web": (json: { Service: { Proxy: object } }[]) => json[0]?.Service.Proxy ?? {},
  "/v1/catalog/node-services/n1": (json: { Services: { ID: string; Proxy: object }[] }) =>
    json.Services.find(({ ID }) => ID === "web-proxy")?.Proxy ?? {},
};

for (const [path, proxyOf] of Object.entries(ANSWERS)) {
  test(`${path}?merge-central-config adds what entries say, and waits for them`, async () => {
    const { set, get } = rig();
    set("web", "http");
    set("db", "grpc");
    expect(proxyOf((await (await get(path)).json()) as never)).toMatchObject({ Config: { own: 1 } });
    const merged = await get(`${path}?merge-central-config`);
    const proxy = proxyOf((await merged.json()) as never);
    expect([proxy.Config, proxy.Upstreams?.[0]?.Config]).toEqual([{ own: 1, protocol: "http" }, { protocol: "grpc" }]);
    const waiting = get(`${path}?merge-central-config&index=${merged.headers.get("x-consul-index")}`);
    set("other", "http");
    set("db", "http");
    const later = proxyOf((await (await waiting).json()) as never);
    expect(later.Upstreams?.[0]?.Config).toEqual({ protocol: "http" });
  });
}

test("what is no proxy stays as it is, and its answer hangs on no entry", async () => {
  const { set, get } = rig();
  const [plain, merged] = await Promise.all([
    get("/v1/health/service/plain"),
    get("/v1/health/service/plain?merge-central-config"),
  ]);
  expect(await merged.text()).toBe(await plain.text());
  set("plain", "http");
  const again = await get("/v1/health/service/plain?merge-central-config");
  expect(again.headers.get("x-consul-index")).toBe(plain.headers.get("x-consul-index"));
});
