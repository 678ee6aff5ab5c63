// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the language of the templates
import { expect, test } from "bun:test";
import { QueryDefinition } from "../../../../src/model/prepared-query.ts";
import { queryResolve } from "../../../../src/state/queries/queries.ts";
import { stateRig } from "../../../support/state-rig.ts";

const id = (n: number) => `00000000-0000-0000-0000-00000000000${n}`;

function rig(...queries: object[]) {
  const { db, apply } = stateRig();
  for (const [n, parts] of queries.entries())
    apply({ type: "query.set", query: QueryDefinition.parse({ ID: id(n), Service: { Service: "web" }, ...parts }) });
  return (idOrName: string) => queryResolve(db, idOrName, { segment: "" });
}
const template = (Name: string) => ({
  Name,
  Template: { Type: "name_prefix_match" },
  Service: { Service: "${name.suffix}" },
});

test("a query is found by its id or by its name, whatever the case", () => {
  const resolve = rig({ Name: "Web" });
  expect([resolve(id(0).toUpperCase())?.Name, resolve("wEB")?.Name, resolve("we")]).toEqual(["Web", "Web", undefined]);
});

test("a name goes to the query of that name, then to the template with the longest beginning of it, then to the one for all", () => {
  const resolve = rig(template("a-"), template("a-b-"), { Name: "a-b-c" }, template(""), template("a%"));
  const found = (name: string) => [resolve(name)?.Name, resolve(name)?.Service.Service];
  expect(found("a-b-c")).toEqual(["a-b-c", "web"]);
  expect(found("a-b-d")).toEqual(["a-b-", "d"]);
  expect(found("A-B-D")).toEqual(["a-b-", "A-B-D"]);
  expect(found("a-x")).toEqual(["a-", "x"]);
  expect(found("a-")).toEqual(["a-", ""]);
  expect(found("b")).toEqual(["", "b"]);
});

test("a template is not executed by its id (Consul's words)", () => {
  const resolve = rig(template("a-"));
  expect(() => resolve(id(0))).toThrow("prepared query templates can only be resolved up by name, not by ID");
});

test("a name that looks like an id is a name where there is no such id", () => {
  expect(rig({ Name: "x" }, { Name: id(7) })(id(7))?.Name).toBe(id(7));
});
