import { describe, expect, test } from "bun:test";
import { healthService, nodeWithServices } from "../../../../src/state/catalog/queries.ts";
import { checkGet, healthChecks } from "../../../../src/state/checks/queries.ts";
import { coordinateNode } from "../../../../src/state/coordinates/queries.ts";
import { nodeByName, nodeList } from "../../../../src/state/nodes/queries.ts";
import { connectNodes, serviceList, serviceNodes } from "../../../../src/state/services/queries.ts";
import { sessionExists } from "../../../../src/state/sessions/queries.ts";
import { World } from "./world.ts";

const ID_1 = "00000000-0000-4000-8000-000000000001";
const ID_2 = "00000000-0000-4000-8000-000000000002";
const serfHealth = (Status: string) => ({ CheckID: "serfHealth", Name: "Serf Health Status", Status });

function session(world: World, node: string, checks: string[]): string {
  const ID = "11111111-0000-4000-8000-000000000001";
  world.apply({
    type: "session.create",
    session: {
      ID,
      Name: "",
      Node: node,
      LockDelay: 0,
      Behavior: "release",
      TTL: "",
      NodeChecks: checks,
      ServiceChecks: null,
    },
  });
  return ID;
}

describe("catalog.register: nodes (observed, Consul 1.8.7)", () => {
  test("a known id with another name renames: the old node leaves with its services, CreateIndex stays", () => {
    const world = new World();
    world.register("a", { id: ID_1, service: { Service: "web" } });
    const created = world.index;
    world.register("b", { id: ID_1 });
    expect(nodeByName(world.db, "a")).toBeUndefined();
    expect(serviceNodes(world.db, "web").value).toEqual([]);
    expect(nodeByName(world.db, "b")).toMatchObject({ ID: ID_1, CreateIndex: created, ModifyIndex: world.index });
  });

  test("the name of a living agent is reserved; of one that failed, or that is no agent, it is not", () => {
    const world = new World();
    world.register("c", { id: ID_2, checks: [serfHealth("passing")] });
    expect(world.register("C", { id: ID_1 })).toBe(
      `failed inserting node: Error while renaming Node ID: "${ID_1}": Node name C is reserved by node ${ID_2} with name c (10.0.0.1)`,
    );
    world.register("other", { id: ID_1 });
    expect(world.register("c", { id: ID_1 })).toBe(
      `failed inserting node: Error while renaming Node ID: "${ID_1}" (10.0.0.1): Node name c is reserved by node ${ID_2} with name c (10.0.0.1)`,
    );
    expect(nodeByName(world.db, "other")?.ID).toBe(ID_1);
    world.register("c", { id: ID_2, checks: [serfHealth("critical")] });
    expect(world.register("c", { id: ID_1 })).toBe(true);
    expect(nodeList(world.db).value.map((node) => [node.Node, node.ID])).toEqual([["c", ID_1]]);
  });

  test("a node without an id may be given one, and loses it again when it registers without", () => {
    const world = new World();
    world.register("d", { checks: [serfHealth("passing")] });
    world.register("d", { id: ID_1 });
    expect(nodeByName(world.db, "d")?.ID).toBe(ID_1);
    world.register("d");
    expect(nodeByName(world.db, "d")?.ID).toBe("");
  });

  test("SkipNodeUpdate keeps a known node as it is and makes a missing one", () => {
    const world = new World();
    world.register("a", { address: "10.0.0.1" });
    world.register("a", { address: "10.0.0.2", skipNodeUpdate: true });
    expect(nodeByName(world.db, "a")?.Address).toBe("10.0.0.1");
    world.register("b", { address: "", skipNodeUpdate: true });
    expect(nodeByName(world.db, "b")?.Address).toBe("");
  });

  test("an unambiguous beginning of an id finds the node, an ambiguous one finds none", () => {
    const world = new World();
    world.register("a", { id: ID_1 });
    expect(nodeWithServices(world.db, "0000").value?.Node.Node).toBe("a");
    world.register("b", { id: ID_2 });
    expect(nodeWithServices(world.db, "0000").value).toBeUndefined();
    expect(nodeWithServices(world.db, ID_2.toUpperCase()).value?.Node.Node).toBe("b");
  });

  test("a reader of an id is woken when another node makes it ambiguous", () => {
    const world = new World();
    world.register("a", { id: ID_1 });
    const { topics } = nodeWithServices(world.db, "0000").interest;
    world.register("b", { id: ID_2 });
    expect(topics.some((topic) => world.touched.has(topic))).toBe(true);
  });
});

describe("catalog.register: services and checks (observed, Consul 1.8.7)", () => {
  test("what is refused leaves nothing behind of all that came with it", () => {
    const world = new World();
    const refused = world.register("x", { service: { Service: "web" }, checks: [{ CheckID: "c", ServiceID: "nope" }] });
    expect(refused).toBe('failed inserting check: Missing service registration on node "x"');
    expect(nodeByName(world.db, "x")).toBeUndefined();
    expect(serviceList(world.db).value).toEqual({});
    expect(serviceList(world.db).index).toBe(0);
    expect([...world.touched]).toEqual([]);
  });

  test("a check of another node, an empty check id and an empty service id are refused", () => {
    const world = new World();
    expect(world.register("x", { checks: [{ Node: "y" }] })).toBe('check node "y" does not match node "x"');
    expect(world.register("x", { checks: [{ CheckID: "" }] })).toBe(
      'failed inserting check: failed inserting check: object missing primary index on node "x"',
    );
    expect(world.register("x", { service: { Service: "" } })).toBe(
      "failed inserting service: failed inserting service: object missing primary index",
    );
  });

  test("a check without a status is critical, and takes name and tags of its service as they are at that time", () => {
    const world = new World();
    world.register("x", {
      service: { Service: "web", Tags: ["a"] },
      checks: [{ CheckID: "c", Status: "", ServiceID: "WEB" }],
    });
    world.register("x", { service: { Service: "web", Tags: ["b"] } });
    expect(checkGet(world.db, "x", "C")).toMatchObject({ Status: "critical", ServiceName: "web", ServiceTags: ["a"] });
  });

  test("a service that changes its name leaves the old one, whose readers see it gone", () => {
    const world = new World();
    world.register("x", { service: { ID: "s", Service: "old" } });
    const before = healthService(world.db, "old");
    world.register("x", { service: { ID: "s", Service: "new" } });
    const after = healthService(world.db, "old");
    expect(after.value).toEqual([]);
    expect(after.index).toBeGreaterThan(before.index);
    expect(world.touched.has("service/old")).toBe(true);
  });

  test("checks come with the node's before the instance's own, each by id", () => {
    const world = new World();
    world.register("x", {
      service: { Service: "web" },
      checks: [{ CheckID: "a", ServiceID: "web" }, { CheckID: "z" }, { CheckID: "b" }],
    });
    expect(healthService(world.db, "web").value[0]?.Checks.map((check) => check.CheckID)).toEqual(["b", "z", "a"]);
  });

  test("proxies by their destination and native services by their own name are what the mesh reaches", () => {
    const world = new World();
    world.register("x", {
      service: { Service: "px", Kind: "connect-proxy", Proxy: { DestinationServiceName: "Web" } },
    });
    world.register("x", { service: { Service: "web", ID: "w", Connect: { Native: true } } });
    world.register("x", { service: { Service: "web", ID: "plain" } });
    expect(connectNodes(world.db, "WEB").value.map((instance) => instance.ServiceID)).toEqual(["px", "w"]);
  });
});

describe("catalog: indexes of services that are not there (observed, Consul 1.8.7)", () => {
  test("before the first extinction that of the whole tables, then that of the last extinction", () => {
    const world = new World();
    world.register("a", { service: { Service: "web" } });
    world.register("b");
    expect(healthService(world.db, "none").index).toBe(world.index);
    world.apply({ type: "catalog.deregister", node: "a", serviceId: "web" });
    const extinction = world.index;
    world.register("c", { service: { Service: "api" } });
    expect(healthService(world.db, "none").index).toBe(extinction);
    expect(healthService(world.db, "web").index).toBe(extinction);
  });

  test("an unknown service has no checks, and their index is that of all checks", () => {
    const world = new World();
    world.register("a", { checks: [{ CheckID: "c" }] });
    expect(healthChecks(world.db, "none")).toMatchObject({ value: [], index: world.index });
  });
});

describe("catalog.deregister", () => {
  test("a service comes before a check, and a check before the node", () => {
    const world = new World();
    world.register("a", { service: { Service: "web" }, checks: [{ CheckID: "c" }] });
    world.apply({ type: "catalog.deregister", node: "a", serviceId: "web", checkId: "c" });
    expect(serviceNodes(world.db, "web").value).toEqual([]);
    expect(checkGet(world.db, "a", "c")).toBeDefined();
    world.apply({ type: "catalog.deregister", node: "a", checkId: "c" });
    expect(checkGet(world.db, "a", "c")).toBeUndefined();
    expect(nodeByName(world.db, "a")).toBeDefined();
    world.apply({ type: "catalog.deregister", node: "A" });
    expect(nodeByName(world.db, "a")).toBeUndefined();
  });

  test("a node takes its coordinates and sessions with it", () => {
    const world = new World();
    world.register("a", { checks: [serfHealth("passing")] });
    const Coord = { Vec: [0], Error: 1, Adjustment: 0, Height: 0 };
    world.apply({ type: "coordinate.batch-update", updates: [{ Node: "a", Segment: "", Coord }] });
    const id = session(world, "a", []);
    world.apply({ type: "catalog.deregister", node: "a" });
    expect(coordinateNode(world.db, "a").value).toEqual([]);
    expect(sessionExists(world.db, id)).toBe(false);
  });

  test("what is not there changes nothing", () => {
    const world = new World();
    expect(world.apply({ type: "catalog.deregister", node: "a", serviceId: "s" })).toBe(true);
    expect([...world.touched]).toEqual([]);
  });
});

describe("catalog and sessions", () => {
  test("a check that becomes critical or leaves ends the sessions that hang on it, in the same commit", () => {
    for (const end of ["critical", "gone"] as const) {
      const world = new World();
      world.register("a", { checks: [serfHealth("passing")] });
      const id = session(world, "a", ["serfHealth"]);
      world.register("a", { checks: [serfHealth("warning")] });
      expect(sessionExists(world.db, id)).toBe(true);
      if (end === "critical") world.register("a", { checks: [serfHealth("critical")] });
      else world.apply({ type: "catalog.deregister", node: "a", checkId: "serfHealth" });
      expect(sessionExists(world.db, id)).toBe(false);
    }
  });
});
