import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { healthConnect, healthService, nodeWithServices } from "../../../../src/state/catalog/queries.ts";
import { healthChecks, healthNode, healthState } from "../../../../src/state/checks/queries.ts";
import type { Command } from "../../../../src/state/commands.ts";
import { coordinateList, coordinateNode } from "../../../../src/state/coordinates/queries.ts";
import type { StateDb } from "../../../../src/state/db.ts";
import { nodeByName, nodeList } from "../../../../src/state/nodes/queries.ts";
import type { QueryResult } from "../../../../src/state/query.ts";
import { connectNodes, serviceList, serviceNodes } from "../../../../src/state/services/queries.ts";
import { NaiveCatalog } from "./naive.ts";
import { healthCheck, instance, World } from "./world.ts";

const NODES = ["n1", "N1", "n2"];
const SERVICES = ["web", "Web", "api"];

const WATCHED: Record<string, (db: StateDb) => QueryResult<unknown>> = {
  "catalog/nodes": (db) => nodeList(db),
  "catalog/services": (db) => serviceList(db),
  "health/state/any": (db) => healthState(db, "any"),
  "health/state/critical": (db) => healthState(db, "critical"),
  "health/state/passing": (db) => healthState(db, "passing"),
  "coordinate/nodes": coordinateList,
};
for (const node of ["n1", "n2"]) {
  WATCHED[`catalog/node/${node}`] = (db) => nodeWithServices(db, node);
  WATCHED[`health/node/${node}`] = (db) => healthNode(db, node);
  WATCHED[`coordinate/node/${node}`] = (db) => coordinateNode(db, node);
}
for (const service of ["web", "api"]) {
  WATCHED[`catalog/service/${service}`] = (db) => serviceNodes(db, service);
  WATCHED[`catalog/connect/${service}`] = (db) => connectNodes(db, service);
  WATCHED[`health/service/${service}`] = (db) => healthService(db, service);
  WATCHED[`health/connect/${service}`] = (db) => healthConnect(db, service);
  WATCHED[`health/checks/${service}`] = (db) => healthChecks(db, service);
}

const node = fc.constantFrom(...NODES);
const serviceId = fc.constantFrom("web-1", "WEB-1", "api-1", "px");
const service = fc.record({
  ID: serviceId,
  Service: fc.constantFrom(...SERVICES),
  Tags: fc.constantFrom<string[] | null>(null, [], ["a"], ["a", "b"], ["b", "a"]),
  Port: fc.constantFrom(80, 81),
  kind: fc.constantFrom("plain", "plain", "native", "proxy-web", "proxy-api"),
});
const check = fc.record({
  CheckID: fc.constantFrom("c1", "C1", "c2"),
  Status: fc.constantFrom("passing", "warning", "critical", ""),
  Output: fc.constantFrom("", "ok"),
  ServiceID: fc.constantFrom("", "web-1", "api-1", "px"),
});

const register = fc
  .record({
    node,
    id: fc.constantFrom("", "", "", "00000000-0000-0000-0000-000000000001", "00000000-0000-0000-0000-000000000002"),
    address: fc.constantFrom("10.0.0.1", "10.0.0.2"),
    meta: fc.constantFrom(null, null, { rack: "1" }),
    skipNodeUpdate: fc.boolean(),
    service: fc.option(service, { nil: undefined }),
    checks: fc.uniqueArray(check, { maxLength: 2, selector: ({ CheckID }) => CheckID.toLowerCase() }),
  })
  .map(({ node, service, checks, skipNodeUpdate, ...rest }): Command => {
    const { kind = "plain", ...plain } = service ?? { Service: "" };
    const destination = kind.startsWith("proxy-") ? kind.slice("proxy-".length) : "";
    return {
      type: "catalog.register",
      node: {
        ID: rest.id,
        Node: node,
        Address: rest.address,
        Datacenter: "dc1",
        TaggedAddresses: null,
        Meta: rest.meta,
      },
      skipNodeUpdate,
      ...(service === undefined
        ? {}
        : {
            service: instance({
              ...plain,
              ...(destination === "" ? {} : { Kind: "connect-proxy", Proxy: { DestinationServiceName: destination } }),
              ...(kind === "native" ? { Connect: { Native: true } } : {}),
            }),
          }),
      checks: checks.map((each) => healthCheck({ Node: node, ...each })),
    };
  });
const deregister = fc
  .record({
    node,
    what: fc.oneof(fc.record({ serviceId }), fc.record({ checkId: fc.constantFrom("c1", "c2") }), fc.constant({})),
  })
  .map(({ node, what }): Command => ({ type: "catalog.deregister", node, ...what }));
const coordinate = fc.record({ node, height: fc.constantFrom(0.1, 0.2) }).map(
  ({ node, height }): Command => ({
    type: "coordinate.batch-update",
    updates: [{ Node: node, Segment: "", Coord: { Vec: [0, 0], Error: 1, Adjustment: 0, Height: height } }],
  }),
);
const commands = fc.array(
  fc.oneof(
    { arbitrary: register, weight: 6 },
    { arbitrary: deregister, weight: 3 },
    { arbitrary: coordinate, weight: 1 },
  ),
  { minLength: 1, maxLength: 30 },
);

/** A rename takes a whole node away and may put the same back: then a list is touched that reads as before. */
function renames(world: World, command: Command): boolean {
  if (command.type !== "catalog.register" || command.node.ID === "") return false;
  if (command.skipNodeUpdate && nodeByName(world.db, command.node.Node) !== undefined) return false;
  const owner = nodeList(world.db).value.find((node) => node.ID === command.node.ID);
  return owner !== undefined && owner.Node !== command.node.Node;
}

const RUNS = { numRuns: 150 };

describe("catalog", () => {
  test("random commands: a topic is touched if and only if an answer that hangs on it changed", () => {
    fc.assert(
      fc.property(commands, (sequence) => {
        const world = new World();
        for (const command of sequence) {
          const before = answers(world);
          const renaming = renames(world, command);
          world.apply(command);
          const after = answers(world);
          for (const [name, { value, topics }] of Object.entries(before)) {
            const woken = topics.some((topic) => world.touched.has(topic));
            const changed = value !== after[name]?.value;
            if (changed !== woken && !(woken && renaming)) {
              throw new Error(
                `${name}: changed ${changed}, woken ${woken}\n${JSON.stringify(command)}\n${value}\n${after[name]?.value}`,
              );
            }
          }
        }
      }),
      RUNS,
    );
  });

  test("random commands: the index of an answer grows when the answer changes and never goes back", () => {
    fc.assert(
      fc.property(commands, (sequence) => {
        const world = new World();
        for (const command of sequence) {
          const before = answers(world);
          world.apply(command);
          for (const [name, { value, index }] of Object.entries(answers(world))) {
            const old = before[name];
            expect(index).toBeLessThanOrEqual(world.index);
            if (old !== undefined && value !== old.value) expect({ name, index }).toEqual({ name, index: world.index });
            if (old !== undefined) expect(index).toBeGreaterThanOrEqual(old.index);
          }
        }
      }),
      RUNS,
    );
  });

  test("random commands: a command says nothing new the second time", () => {
    fc.assert(
      fc.property(commands, (sequence) => {
        const world = new World();
        for (const command of sequence) {
          world.apply(command);
          const before = answers(world);
          const first = nodeByName(world.db, "n1");
          world.apply(command);
          expect([...world.touched]).toEqual([]);
          expect(answers(world)).toEqual(before);
          expect(nodeByName(world.db, "n1")).toEqual(first);
        }
      }),
      RUNS,
    );
  });

  test("random commands: the catalog is that of a naive one in memory", () => {
    fc.assert(
      fc.property(commands, (sequence) => {
        const world = new World();
        const naive = new NaiveCatalog();
        for (const command of sequence) {
          const result = world.apply(command);
          if (command.type.startsWith("catalog.")) {
            expect(typeof result === "string").toBe(naive.apply(command as never, world.index) === false);
          }
          expect(nodeList(world.db).value).toEqual(naive.nodeList());
          for (const name of ["web", "api"]) {
            expect(healthService(world.db, name).value).toEqual(naive.health(name));
            expect(healthConnect(world.db, name).value).toEqual(naive.connect(name));
          }
          expect(healthState(world.db, "any").value).toEqual(naive.checkList());
          expect({ ...serviceList(world.db).value }).toEqual(naive.serviceList());
        }
      }),
      RUNS,
    );
  });
});

function answers(world: World): Record<string, { value: string; index: number; topics: readonly string[] }> {
  return Object.fromEntries(
    Object.entries(WATCHED).map(([name, query]) => {
      const { value, index, interest } = query(world.db);
      return [name, { value: JSON.stringify(value) ?? "", index, topics: interest.topics }];
    }),
  );
}
