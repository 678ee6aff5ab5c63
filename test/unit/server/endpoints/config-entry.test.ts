import { expect, test } from "bun:test";
import { decodeConfigEntry } from "../../../../src/model/config-entry/decode.ts";
import { ConfigEntryEndpoint } from "../../../../src/server/endpoints/config-entry.ts";
import { configEntry } from "../../../../src/state/config-entries/queries.ts";
import { stateRig } from "../../../support/state-rig.ts";

function rig() {
  const state = stateRig();
  const endpoint = new ConfigEntryEndpoint({ propose: (command) => state.propose(command) });
  const set = (body: object, cas?: number) => endpoint.apply({ op: "set", entry: decodeConfigEntry(body), cas });
  return { ...state, endpoint, set };
}

test("an entry is normalised before it is written, and its condition goes with it", async () => {
  const { db, endpoint, set } = rig();
  const web = { Kind: "service-defaults", Name: "web", Protocol: "HTTP" };
  expect(await set(web, 0)).toBe(true);
  expect(await set(web, 0)).toBe(false);
  expect(configEntry(db, "service-defaults", "web")).toMatchObject({ Protocol: "http", ModifyIndex: 1 });
  const request = { op: "delete", kind: "service-defaults", name: "web" } as const;
  expect(await endpoint.apply({ ...request, cas: 9 })).toBe(false);
  expect(await endpoint.apply(request)).toBe(true);
});

test("a bad entry is never proposed", async () => {
  const { set, endpoint: _, touched } = rig();
  const failure = await set({ Kind: "service-splitter", Name: "web" }).catch((error: Error) => error);
  expect(failure).toMatchObject({ message: "no splits configured", status: 500 });
  expect(touched).toEqual([]);
});
