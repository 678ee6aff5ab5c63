import { expect, test } from "bun:test";
import { configRoutes } from "../../../../src/http/routes/config.ts";
import type { decodeConfigEntry } from "../../../../src/model/config-entry/decode.ts";
import { configEntryGet, configEntryList } from "../../../../src/state/config-entries/queries.ts";
import { httpRig } from "../../../support/http-rig.ts";
import { stateRig } from "../../../support/state-rig.ts";

function rig() {
  const state = stateRig();
  const configEntry = {
    set: (entry: ReturnType<typeof decodeConfigEntry>, cas: number | undefined) =>
      state.propose({ type: "config-entry.set", entry, cas }) as Promise<boolean>,
    delete: (kind: Parameters<typeof configEntryGet>[1], name: string, cas: number | undefined) =>
      state.propose({ type: "config-entry.delete", kind, name, cas }) as Promise<boolean>,
    get: (kind: Parameters<typeof configEntryGet>[1], name: string) => configEntryGet(state.db, kind, name),
    list: (kind?: Parameters<typeof configEntryGet>[1]) => configEntryList(state.db, kind),
  };
  const { send } = httpRig(configRoutes, { configEntry }, {});
  const put = (body: object, query = "") => send("PUT", `/v1/config${query}`, { body: JSON.stringify(body) });
  const text = async (method: "GET" | "DELETE", path: string) => {
    const answer = await send(method, `/v1/config/${path}`);
    return [answer.status, await answer.text()];
  };
  return { send, put, text };
}

const WEB = { Kind: "service-defaults", Name: "web", Meta: { team: "a" } };

test("a deletion on a condition says whether it was done, one without it does not (Consul 1.10)", async () => {
  const { put, text } = rig();
  await put(WEB);
  expect(await text("DELETE", "service-defaults/web?cas=7")).toEqual([200, "false"]);
  expect(await text("DELETE", "service-defaults/web?cas=1")).toEqual([200, "true"]);
  expect(await text("DELETE", "service-defaults/web")).toEqual([200, "{}"]);
});

test("an entry that isn't there has the index of all of them, so that it can be waited for", async () => {
  const { put, send } = rig();
  await put(WEB);
  const answer = await send("GET", "/v1/config/service-router/none");
  expect([answer.status, answer.headers.get("x-consul-index")]).toEqual([404, "1"]);
});

test("lists take a filter, single entries do not (Consul 1.16)", async () => {
  const { put, text } = rig();
  await put(WEB);
  await put({ ...WEB, Name: "api", Meta: {} });
  const names = async (expression: string) => {
    const [, body] = await text("GET", `service-defaults?filter=${encodeURIComponent(expression)}`);
    return (JSON.parse(String(body)) as { Name: string }[]).map(({ Name }) => Name);
  };
  expect(await names('Name == "web"')).toEqual(["web"]);
  expect(await names("Meta.team == a")).toEqual(["web"]);
  expect(await names('Kind != "service-defaults"')).toEqual([]);
  expect(await text("GET", "service-defaults?filter=Bogus==1")).toEqual([
    500,
    'Failed to create boolean expression evaluator: Selector "Bogus" is not valid',
  ]);
  expect((await text("GET", "service-defaults/web?filter=Name==api"))[0]).toBe(200);
});

test("kinds that Consul has since 1.9 are served as it serves them", async () => {
  const { put, text } = rig();
  expect(await (await put({ Kind: "mesh", transparent_proxy: { mesh_destinations_only: true } })).text()).toBe("true");
  expect(await text("GET", "mesh")).toEqual([
    200,
    '[{"Kind":"mesh","TransparentProxy":{"MeshDestinationsOnly":true},"CreateIndex":1,"ModifyIndex":1}]',
  ]);
});

test.each([
  ["{", 400, "Bad request: Request decoding failed: unexpected EOF"],
  ["{}", 400, "Bad request: Request decoding failed: Payload does not contain a kind/Kind key at the top level"],
  ['{"Kind":"x"}', 400, "Bad request: Request decoding failed: invalid config entry kind: x"],
])("the body %s is refused with %d %s", async (body, status, text) => {
  const answer = await rig().send("PUT", "/v1/config", { body });
  expect([answer.status, await answer.text()]).toEqual([status, text]);
});
