import { expect, test } from "bun:test";
import { type CentralConfigDeps, centralConfigRoutes } from "../../../../src/http/routes/central-config.ts";
import { ServiceDefaults } from "../../../../src/model/config-entry/defaults.ts";
import { ServiceConfig } from "../../../../src/model/service-config.ts";
import { configEntryList } from "../../../../src/state/config-entries/queries.ts";
import { resolveServiceConfig } from "../../../../src/state/config-entries/resolve.ts";
import { httpRig } from "../../../support/http-rig.ts";
import { stateRig } from "../../../support/state-rig.ts";

function rig() {
  const { db, publisher, apply } = stateRig();
  const centralConfig: CentralConfigDeps["centralConfig"] = {
    resolve: (request) => resolveServiceConfig(db, request),
    entries: () => configEntryList(db),
  };
  const set = (Name: string, Protocol: string) => {
    const entry = ServiceDefaults.parse({ Kind: "service-defaults", Name, Protocol });
    apply({ type: "config-entry.set", entry });
    return entry;
  };
  const { send } = httpRig(centralConfigRoutes, { centralConfig }, { publisher });
  return { set, fetch: (path: string) => send("GET", path) };
}

test("what entries say of a service waits for the entries that it is made of, and is whole", async () => {
  const { set, fetch } = rig();
  set("db", "grpc");
  const path = "/v1/internal/service-config/web?upstream=db&upstream=cache";
  const first = await fetch(path);
  const said = ServiceConfig.parse({ UpstreamConfigs: { db: { protocol: "grpc" } } });
  expect(await first.json()).toEqual(said);
  const waiting = fetch(`${path}&index=${first.headers.get("x-consul-index")}`);
  set("other", "http");
  set("web", "http");
  const second = await waiting;
  expect(second.headers.get("x-consul-index")).toBe("3");
  expect(await second.json()).toMatchObject({ ...said, ProxyConfig: { protocol: "http" } });
});

test("all entries are listed in full, with their indexes", async () => {
  const { set, fetch } = rig();
  const entries = [set("db", "grpc"), set("web", "http")];
  expect(await (await fetch("/v1/internal/config-entries")).json()).toEqual(
    entries.map((entry, at) => ({ ...entry, CreateIndex: at + 1, ModifyIndex: at + 1 })),
  );
});
