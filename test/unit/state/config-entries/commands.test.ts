import { expect, test } from "bun:test";
import { decodeConfigEntry } from "../../../../src/model/config-entry/decode.ts";
import { configEntry, configEntryGet, configEntryList } from "../../../../src/state/config-entries/queries.ts";
import {
  CONFIG_ENTRIES_TOPIC,
  configEntryTopic,
  configKindTopic,
} from "../../../../src/state/config-entries/topics.ts";
import { stateRig } from "../../../support/state-rig.ts";

const KIND = "service-defaults";

function rig() {
  const state = stateRig();
  const set = (Name: string, { cas, ...fields }: { cas?: number; Protocol?: string } = {}) =>
    state.apply({ type: "config-entry.set", entry: decodeConfigEntry({ Kind: KIND, Name, ...fields }), cas });
  const remove = (name: string, cas?: number) => state.apply({ type: "config-entry.delete", kind: KIND, name, cas });
  return { ...state, state, set, remove };
}

test("an entry keeps its CreateIndex when it is replaced, is found and replaced in any case, and is gone when it is deleted", () => {
  const { db, set, remove } = rig();
  expect(set("Web")).toBe(true);
  expect(set("wEB", { Protocol: "http" })).toBe(true);
  expect(configEntry(db, KIND, "WEB")).toMatchObject({ Name: "wEB", Protocol: "http", CreateIndex: 1, ModifyIndex: 2 });
  expect(remove("web")).toBe(true);
  expect(configEntry(db, KIND, "Web")).toBeUndefined();
  expect(configEntryList(db)).toMatchObject({ value: [], index: 3 });
});

test("a condition holds while the ModifyIndex is that, 0 while there is none", () => {
  const { set, remove } = rig();
  expect(set("a", { cas: 1 })).toBe(false);
  expect(set("a", { cas: 0 })).toBe(true);
  expect(set("a", { cas: 0 })).toBe(false);
  expect(set("a", { cas: 2 })).toBe(true);
  expect(remove("a", 2)).toBe(false);
  expect(remove("a", 4)).toBe(true);
  expect(remove("a", 4)).toBe(false);
  expect(remove("a", 0)).toBe(true);
  expect(remove("a")).toBe(true);
});

test("entries are listed by kind and folded name; their index is that of all of them", () => {
  const { db, set, apply } = rig();
  for (const name of ["b", "C", "a"]) set(name);
  apply({ type: "config-entry.set", entry: decodeConfigEntry({ Kind: "proxy-defaults", Name: "global" }) });
  expect(configEntryList(db, KIND).value.map(({ Name }) => Name)).toEqual(["a", "b", "C"]);
  expect(configEntryList(db).value.map(({ Kind }) => Kind)).toEqual(["proxy-defaults", KIND, KIND, KIND]);
  expect(configEntryList(db, KIND).index).toBe(4);
  expect(configEntryGet(db, "service-router", "none")).toMatchObject({ value: undefined, index: 4 });
});

test("a change wakes who waits for the entry in any case, its kind or all; one that does nothing wakes nobody", () => {
  const { set, remove, touched } = rig();
  set("Web");
  const topics = [configEntryTopic(KIND, "wEb"), configKindTopic(KIND), CONFIG_ENTRIES_TOPIC];
  expect(touched.at(-1)).toEqual(expect.arrayContaining(topics));
  const before = touched.length;
  set("Web", { cas: 7 });
  remove("other");
  expect(touched.length).toBe(before);
});

test("an entry that does not go together with the others is refused, and nothing changes", () => {
  const { db, apply } = rig();
  const entry = decodeConfigEntry({ Kind: "service-router", Name: "web" });
  expect(apply({ type: "config-entry.set", entry })).toBeInstanceOf(Error);
  expect(configEntryList(db).value).toEqual([]);
});
