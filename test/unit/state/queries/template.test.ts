// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the language of the templates
import { expect, test } from "bun:test";
import { type PreparedQuery, QueryDefinition } from "../../../../src/model/prepared-query.ts";
import { checkTemplate, renderTemplate } from "../../../../src/state/queries/template.ts";

type Parts = { Name?: string; Template?: object; Service: object };

function template({ Name = "geo-", Template = {}, Service }: Parts): PreparedQuery {
  const definition = QueryDefinition.parse({
    Name,
    Template: { Type: "name_prefix_match", ...Template },
    Service,
  });
  return { ...definition, CreateIndex: 1, ModifyIndex: 1 };
}
const rendered = (parts: Parts, name: string) => renderTemplate(template(parts), name, { segment: "edge" }).Service;

test("every text of the service is filled in, in lists and in the values of maps, too", () => {
  const Service = {
    Service: "${name.suffix}",
    Failover: { NearestN: 2, Datacenters: ["${name.prefix}1"] },
    Near: "${agent.segment}",
    Tags: ["${name.full}", "$${kept}"],
    NodeMeta: { "${not.a.value}": "${name.suffix}" },
    IgnoreCheckIDs: ["c-${name.suffix}"],
  };
  expect(rendered({ Service }, "geo-db")).toMatchObject({
    Service: "db",
    Failover: { NearestN: 2, Datacenters: ["geo-1"] },
    Near: "edge",
    Tags: ["geo-db", "${kept}"],
    NodeMeta: { "${not.a.value}": "db" },
    IgnoreCheckIDs: ["c-db"],
  });
});

test("the suffix of a name in another case is the whole name (observed, Consul 1.8.7)", () => {
  expect(rendered({ Service: { Service: "${name.suffix}" } }, "GEO-db").Service).toBe("GEO-db");
});

test("match gives the groups of the expression; none, or one that took no part, is empty", () => {
  const parts = {
    Template: { Regexp: "^geo-(a)?(.*)$" },
    Service: { Service: "${match(2)}", Tags: ["${match(0)}", "${match(1)}", "${match(3)}"] },
  };
  expect(rendered(parts, "geo-db")).toMatchObject({ Service: "db", Tags: ["geo-db", "", ""] });
  expect(rendered(parts, "other")).toMatchObject({ Service: "", Tags: ["", "", ""] });
});

test("RemoveEmptyTags takes out the tags that are empty, and only those", () => {
  const Service = { Service: "x", Tags: ["", "${match(1)}", "a"] };
  expect(rendered({ Template: { RemoveEmptyTags: true }, Service }, "geo-").Tags).toEqual(["a"]);
  expect(rendered({ Service }, "geo-").Tags).toEqual(["", "", "a"]);
});

test.each([
  [{ Template: { Type: "x" }, Service: {} }, "Bad Template.Type 'x'"],
  [{ Template: { Regexp: "(" }, Service: {} }, "Bad Regexp: error parsing regexp: missing closing ): `(`"],
  [{ Service: { Tags: ["a", "${"] } }, "Bad format '${' in Service.Tags[1]: parse error: syntax error"],
  [
    { Service: { NodeMeta: { k: "${x}" } } },
    "Bad evaluation for '${x}' in Service.NodeMeta[k]: 1:3: unknown variable accessed: x",
  ],
])("%j is refused when it is written: %s", (parts, text) => {
  expect(() => checkTemplate(template(parts))).toThrow(`failed compiling template: ${text}`);
});
