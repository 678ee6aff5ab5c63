import { expect, test } from "bun:test";
import { QueryDefinition } from "../../../../src/model/prepared-query.ts";
import { queryById, queryGet, queryList } from "../../../../src/state/queries/queries.ts";
import { QUERIES_TOPIC, queryTopic } from "../../../../src/state/queries/topics.ts";
import { registerNode, stateRig } from "../../../support/state-rig.ts";

const id = (n: number) => `00000000-0000-0000-0000-00000000000${n}`;
const SESSION = id(9);

function rig() {
  const state = stateRig();
  const set = (n: number, parts: object = {}) => {
    const query = QueryDefinition.parse({ ID: id(n), Name: `q${n}`, Service: { Service: "web" }, ...parts });
    return state.apply({ type: "query.set", query });
  };
  return { ...state, state, set };
}
const refused = (message: string) => expect.objectContaining({ message });

test("a query keeps its CreateIndex when it is replaced, and is gone when it is deleted", () => {
  const { db, set, apply } = rig();
  expect(set(1)).toBe(id(1));
  expect(set(1, { Name: "renamed" })).toBe(id(1));
  expect(queryById(db, id(1))).toMatchObject({ Name: "renamed", CreateIndex: 1, ModifyIndex: 2 });
  apply({ type: "query.delete", id: id(1).toUpperCase() });
  expect(queryById(db, id(1))).toBeUndefined();
  expect(queryList(db)).toMatchObject({ value: [], index: 3 });
});

test("a change wakes who waits for the query or for all, and no other", () => {
  const { set, touched, apply } = rig();
  set(1);
  expect(touched.at(-1)).toEqual([queryTopic(id(1).toUpperCase()), QUERIES_TOPIC]);
  const before = touched.length;
  apply({ type: "query.delete", id: id(2) });
  expect(touched.length).toBe(before);
});

test("a name is one query's, whatever its case, and none may be another's id", () => {
  const { set } = rig();
  set(1);
  expect(set(2, { Name: "Q1" })).toEqual(refused("name 'Q1' aliases an existing query name"));
  expect(set(2, { Name: id(1) })).toEqual(refused(`name '${id(1)}' aliases an existing query ID`));
  expect(set(1, { Name: "Q1" })).toBe(id(1));
  expect(set(2, { Name: id(3) })).toBe(id(2));
});

test("there is one template for every name; queries without a name need none", () => {
  const { set } = rig();
  const Template = { Type: "name_prefix_match" };
  expect(set(1, { Name: "", Template })).toBe(id(1));
  expect(set(2, { Name: "", Template })).toEqual(refused("a query template with an empty name already exists"));
  expect(set(1, { Name: "", Template })).toBe(id(1));
  expect(set(3, { Name: "" })).toBe(id(3));
  expect(set(4, { Name: "" })).toBe(id(4));
});

test("a query ends with its session, in the same entry", () => {
  const { db, set, apply, touched, state } = rig();
  expect(set(1, { Session: SESSION })).toEqual(refused(`invalid session "${SESSION}"`));
  registerNode(state);
  const session = { ID: SESSION, Name: "", Node: "n1", LockDelay: 0, Behavior: "release", TTL: "" };
  apply({ type: "session.create", session: { ...session, NodeChecks: null, ServiceChecks: null } });
  expect(set(1, { Session: SESSION })).toBe(id(1));
  expect(set(2)).toBe(id(2));
  apply({ type: "session.destroy", ids: [SESSION] });
  expect(touched.at(-1)).toContain(`query/${id(1)}`);
  expect(queryGet(db, id(1)).value).toBeUndefined();
  expect(queryList(db).value.map(({ Name }) => Name)).toEqual(["q2"]);
});
