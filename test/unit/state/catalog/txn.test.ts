import { describe, expect, test } from "bun:test";
import type { TxnOp, TxnResponse } from "../../../../src/model/txn.ts";
import { nodeByName } from "../../../../src/state/nodes/queries.ts";
import { World } from "./world.ts";

function world(): World {
  const made = new World();
  made.register("t1", { service: { Service: "web" }, checks: [{ CheckID: "c1" }] });
  return made;
}

const run = (on: World, ...ops: TxnOp[]) => on.apply({ type: "txn.apply", ops }) as TxnResponse;
const node = (Verb: string, Node: Record<string, unknown>): TxnOp => ({ Node: { Verb, Node } });
const service = (Verb: string, Service: Record<string, unknown>, Node = "t1"): TxnOp => ({
  Service: { Verb, Node, Service },
});
const check = (Verb: string, Check: Record<string, unknown>): TxnOp => ({
  Check: { Verb, Check: { Node: "t1", ...Check } },
});

/** Recorded from Consul 1.8.7. */
const REFUSED: [TxnOp, string][] = [
  [node("get", { Node: "nope" }), 'node "nope" doesn\'t exist'],
  [node("cas", { Node: "t1", ModifyIndex: 99 }), 'failed to set node "t1", index is stale'],
  [node("cas", { Node: "new", ModifyIndex: 7 }), 'failed to set node "new", index is stale'],
  [node("delete-cas", { Node: "nope", ModifyIndex: 1 }), 'failed to delete node "nope", index is stale'],
  [node("bogus", { Node: "t1" }), 'unknown Node verb "bogus"'],
  [service("set", { ID: "web", Service: "web" }, "nope"), "Missing node registration"],
  [service("set", {}), "failed inserting service: object missing primary index"],
  [service("get", { ID: "nope" }), 'service "nope" on node "t1" doesn\'t exist'],
  [
    service("cas", { ID: "web", Service: "web", ModifyIndex: 99 }),
    'failed to set service "web" on node "t1", index is stale',
  ],
  [service("delete-cas", { ID: "x", ModifyIndex: 1 }), 'failed to delete service "x" on node "t1", index is stale'],
  [service("zz", { ID: "x" }), 'unknown Service verb "zz"'],
  [check("set", {}), "failed inserting check: object missing primary index"],
  [check("set", { Node: "nope", Name: "c2" }), "Missing node registration"],
  [check("set", { Name: "c2", ServiceID: "nope" }), "Missing service registration"],
  [check("get", { CheckID: "nope" }), 'check "nope" on node "t1" doesn\'t exist'],
  [check("cas", { CheckID: "c9", ModifyIndex: 1 }), 'failed to set check "c9" on node "t1", index is stale'],
  [check("delete-cas", { CheckID: "c1", ModifyIndex: 0 }), 'failed to delete check "c1" on node "t1", index is stale'],
  [check("zz", { CheckID: "c1" }), 'unknown Check verb "zz"'],
];

describe("transactions on the catalog (recorded, Consul 1.8.7)", () => {
  test.each(REFUSED)("refused: %j", (op, What) => {
    const on = world();
    expect(run(on, op)).toEqual({ Results: null, Errors: [{ OpIndex: 0, What }] });
    expect([...on.touched]).toEqual([]);
  });

  test("set and cas answer what is stored, deletes answer nothing", () => {
    const on = world();
    const { Results } = run(
      on,
      node("set", { Node: "t2", Address: "10.0.0.2", Datacenter: "dc1" }),
      service("set", { Service: "api" }, "t2"),
      check("cas", { Node: "t2", Name: "c2", ModifyIndex: 0 }),
      service("delete", { ID: "none" }, "t2"),
      check("delete", { CheckID: "c1" }),
    );
    expect(Results).toMatchObject([
      { Node: { Node: "t2", CreateIndex: on.index } },
      { Service: { ID: "api", Service: "api", Weights: { Passing: 1, Warning: 1 } } },
      { Check: { CheckID: "c2", Status: "critical" } },
    ]);
    expect(Results).toHaveLength(3);
  });

  test("a cas with the object's own index goes through", () => {
    const on = world();
    const ModifyIndex = nodeByName(on.db, "t1")?.ModifyIndex;
    const done = run(on, node("cas", { Node: "t1", Address: "10.9.9.9", Datacenter: "dc1", ModifyIndex }));
    expect(done.Errors).toBeNull();
    expect(nodeByName(on.db, "t1")?.Address).toBe("10.9.9.9");
  });

  test("one failing operation undoes the others and their topics, and all failures are told", () => {
    const on = world();
    const { Errors } = run(
      on,
      node("set", { Node: "t1", Address: "10.9.9.9" }),
      node("get", { Node: "nope" }),
      check("get", { CheckID: "nope" }),
    );
    expect(Errors?.map((error) => error.OpIndex)).toEqual([1, 2]);
    expect(nodeByName(on.db, "t1")?.Address).toBe("10.0.0.1");
    expect([...on.touched]).toEqual([]);
  });
});
