import { expect, test } from "bun:test";
import fc from "fast-check";
import { ConfigEntry, type StoredConfigEntry } from "../../../src/model/config-entry/config-entry.ts";
import { ServiceDefaults } from "../../../src/model/config-entry/defaults.ts";
import {
  compareSome,
  copyCommands,
  emptyComparison,
  listOfPrimary,
} from "../../../src/server/config-replication-plan.ts";
import type { ConfigEntryCommand } from "../../../src/state/config-entries/commands.ts";
import { nameKeyOf } from "../../../src/state/config-entries/topics.ts";

const entry = (Kind: string, Name: string, fields: object = {}) => ConfigEntry.parse({ Kind, Name, ...fields });
const stored = (...entries: ConfigEntry[]): StoredConfigEntry[] =>
  entries.map((each) => ({ ...each, CreateIndex: 3, ModifyIndex: 4 }));
const names = (commands: readonly ConfigEntryCommand[]) =>
  commands.map((command) => (command.type === "config-entry.set" ? `+${command.entry.Name}` : `-${command.name}`));

function planned(own: readonly StoredConfigEntry[], primary: unknown) {
  const find = (kind: string, name: string) =>
    own.find((each) => each.Kind === kind && nameKeyOf(each.Name) === nameKeyOf(name));
  const found = emptyComparison();
  for (const item of listOfPrimary(primary)) compareSome([item], find, found);
  const keys = own.map(({ Kind, Name }) => ({ kind: Kind, nameKey: nameKeyOf(Name) }));
  return { ...found, commands: copyCommands(keys, found) };
}

const plan = (own: ConfigEntry[], primary: unknown[]) => names(planned(stored(...own), primary).commands);

const web = entry("service-defaults", "web", { Protocol: "http" });
const db = entry("service-defaults", "db");

test("what is missing is written, what differs is written over, what is gone goes, and what is the same stays", () => {
  expect(plan([], [web, db])).toEqual(["+web", "+db"]);
  expect(plan([web, db], [{ ...web, ModifyIndex: 99, CreateIndex: 98 }])).toEqual(["-db"]);
  expect(plan([web], [{ ...web, Protocol: "grpc" }])).toEqual(["+web"]);
});

test("the order of keys is no difference", () => {
  const all = (Config: object) => entry("proxy-defaults", "global", { Config });
  expect(plan([all({ a: 1, b: { c: 2, d: 3 } })], [all({ b: { d: 3, c: 2 }, a: 1 })])).toEqual([]);
});

test("what routes goes first and comes last, since it counts on protocols", () => {
  const router = entry("service-router", "routed");
  const old = entry("service-splitter", "old-split");
  expect(plan([old, entry("service-defaults", "old")], [router, web])).toEqual([
    ...["-old-split", "+web", "+routed", "-old"],
  ]);
});

test("a name that changes its case is one entry that changed", () => {
  expect(plan([web], [{ ...web, Name: "Web" }])).toEqual(["+Web"]);
  expect(plan([{ ...web, Name: "WEB" }], [{ Kind: "service-defaults", Name: "web", Protocol: 5 }])).toEqual([]);
});

test("any JSON is a list of entries, or refused", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (json) => {
      try {
        const { changed, wanted, unknown } = planned([], json);
        expect(changed.length <= wanted.size && unknown.size <= (json as unknown[]).length).toBe(true);
      } catch (error) {
        expect([Array.isArray(json), String(error)]).toEqual([false, expect.stringContaining("makes no sense")]);
      }
    }),
  );
});

test("entries that are not known here are left alone: they are neither written nor removed", () => {
  const odd = [{ Kind: "jwt-provider", Name: "x" }, { Kind: "service-defaults", Name: "web", Protocol: 5 }, null, 7];
  expect([...planned([], odd).unknown]).toEqual([...["jwt-provider/x", "service-defaults/web", "undefined/undefined"]]);
  expect(plan([web, db], odd)).toEqual(["-db"]);
});

test("anything but a list is refused", () => {
  for (const json of [null, {}, "", 5, { entries: [] }]) expect(() => listOfPrimary(json)).toThrow("makes no sense");
});

test("after the commands both have the same", () => {
  const some = fc.uniqueArray(
    fc.record({ Name: fc.constantFrom("a", "b", "c", "d"), Protocol: fc.constantFrom("", "http", "grpc") }),
    { selector: ({ Name }) => Name },
  );
  fc.assert(
    fc.property(some, some, (before, after) => {
      const parse = (list: typeof before) =>
        list.map((each) => ServiceDefaults.parse({ Kind: "service-defaults", ...each }));
      const own = new Map(parse(before).map((each) => [each.Name, each]));
      for (const command of planned(stored(...own.values()), parse(after)).commands) {
        if (command.type === "config-entry.delete") own.delete(command.name);
        else own.set(command.entry.Name, command.entry as ServiceDefaults);
      }
      const sorted = (list: Iterable<ServiceDefaults>) => [...list].sort((a, b) => (a.Name < b.Name ? -1 : 1));
      expect(sorted(own.values())).toEqual(sorted(parse(after)));
    }),
  );
});
