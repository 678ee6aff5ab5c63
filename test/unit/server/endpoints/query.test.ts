// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the language of the templates
import { expect, test } from "bun:test";
import { QueryDefinition } from "../../../../src/model/prepared-query.ts";
import { QueryEndpoint } from "../../../../src/server/endpoints/query.ts";
import { queryById } from "../../../../src/state/queries/queries.ts";
import { stateRig } from "../../../support/state-rig.ts";

const UNKNOWN = "00000000-0000-0000-0000-00000000dead";

function rig() {
  const state = stateRig();
  let next = 0;
  const endpoint = new QueryEndpoint({
    propose: (command) => state.propose(command),
    random: {
      float: () => 0,
      uuid: () => `00000000-0000-0000-0000-00000000000${++next}`,
    },
    exists: (id) => queryById(state.db, id) !== undefined,
  });
  const create = (parts: object) =>
    endpoint.apply({
      op: "create",
      query: QueryDefinition.parse({ Name: "x", Service: { Service: "web" }, ...parts }),
    });
  return { ...state, endpoint, create };
}

test("a new query gets an id, is replaced by it, and deleted", async () => {
  const { db, endpoint, create } = rig();
  const id = await create({});
  const query = QueryDefinition.parse({ ID: id, Name: "y", Service: { Service: "api" } });
  expect(await endpoint.apply({ op: "update", query })).toBe(id);
  expect(queryById(db, id)).toMatchObject({ ID: id, Name: "y", CreateIndex: 1, ModifyIndex: 2 });
  await endpoint.apply({ op: "delete", id });
  expect(queryById(db, id)).toBeUndefined();
});

test.each([
  [{ ID: UNKNOWN }, "ID must be empty when creating a new prepared query"],
  [{ Name: "" }, "Invalid prepared query: Must be bound to a session"],
  [{ Service: {} }, "Invalid prepared query: Must provide a Service name to query"],
  [
    { Token: "<hidden>" },
    "Invalid prepared query: Bad Token '<hidden>', it looks like a query definition with a redacted token was submitted",
  ],
  [
    { Service: { Service: "web", Failover: { NearestN: -1 } } },
    "Invalid prepared query: Bad NearestN '-1', must be >= 0",
  ],
  [
    { Service: { Service: "web", NodeMeta: { "": "y" } } },
    "Invalid prepared query: Couldn't load metadata pair ('', 'y'): Key cannot be blank",
  ],
  [{ DNS: { TTL: "abc" } }, `Invalid prepared query: Bad DNS TTL 'abc': time: invalid duration "abc"`],
  [{ DNS: { TTL: "-1s" } }, "Invalid prepared query: DNS TTL '-1000000000', must be >=0"],
  [{ Session: "nope" }, "invalid session: index error: UUID must be 36 characters"],
  [{ Session: UNKNOWN }, `invalid session "${UNKNOWN}"`],
  [{ Template: { Type: "x" } }, "failed compiling template: Bad Template.Type 'x'"],
])("%j is refused in Consul's words: %s", async (parts, text) => {
  expect(rig().create(parts)).rejects.toThrow(text);
});

test("metadata may be asked for by keys that are reserved", async () => {
  expect(await rig().create({ Service: { Service: "web", NodeMeta: { "consul-network-segment": "" } } })).toBeString();
});

test("a template may do without a name; a query that is none needs a session", async () => {
  const Template = { Type: "name_prefix_match" };
  expect(await rig().create({ Name: "", Template, Service: { Service: "${name.full}" } })).toBeString();
});

test("what is not there is neither replaced nor deleted", () => {
  const { endpoint } = rig();
  const query = QueryDefinition.parse({ ID: UNKNOWN, Service: { Service: "web" } });
  const unknown = `Cannot modify non-existent prepared query: '${UNKNOWN}'`;
  expect(endpoint.apply({ op: "update", query })).rejects.toThrow(unknown);
  expect(endpoint.apply({ op: "delete", id: UNKNOWN })).rejects.toThrow(unknown);
  expect(endpoint.apply({ op: "delete", id: "x" })).rejects.toThrow(
    "Prepared Query lookup failed: failed prepared query lookup: index error: UUID must be 36 characters",
  );
});
